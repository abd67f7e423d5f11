"""A round after a veto is the same repaired as planned anew."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import Policy
from matcher.reading import Reading
from matcher.repairing import repaired
from matcher.rounds import Considered, considered, planned, settled
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.test_candidates import AT, BY_ARRAYS, BY_KERNELS, kernels_from, network_of
from tests.unit.matcher.worlds import SEED, world_of

POLICY = Policy(least_value=1, personal=4, shared=2)  # pools so small that a veto makes room for somebody else


def told(pairs: Considered) -> list[list[int]]:
    return [column.tolist() for column in pairs]


def agrees(dice: Random, members: int, vetoes: int, large: int, policy: Policy = POLICY) -> bool:
    """Veto by veto, some of them ended, lifted or of nobody who is known; whether any pair was new to a round."""
    index, has_new = Index(world_of(event for event in network_of(dice, members) if event.time < AT)), False
    card = card_of(index.world, Purpose.ROUNDS)
    with kernels_from(large):
        pairs, plan = planned(Reading(index, AT), card, SEED, policy)
        for number in range(vetoes):
            candidates = [introduction.member_ids for introduction in plan.introductions]
            anybody = list(combinations([*index.roster.ids, "m-nobody"], 2))
            apart = dice.choice(candidates if candidates and dice.random() < 0.7 else anybody)
            until = dice.choice((None, None, b.day(1), b.day(300)))
            index.follow(index.world.apply(b.vetoed(*apart, at=AT - 100 + number, until=until)))
            pairs, before = repaired(Reading(index, AT), card, policy, pairs, apart), pairs
            assert told(pairs) == told(considered(Reading(index, AT), card, policy))
            known = {introduction.member_ids: introduction for introduction in plan.introductions}
            plan = settled(Reading(index, AT), card, SEED, policy, pairs, known)
            assert plan == planned(Reading(index, AT), card, SEED, policy)[1]
            has_new |= not np.isin(_keys(pairs), _keys(before)).all()
    return has_new


def _keys(pairs: Considered) -> list[int]:
    return [a << 32 | b for a, b in zip(pairs.a.tolist(), pairs.b.tolist(), strict=True)]


@settings(max_examples=40, deadline=None)
@given(THROWN, st.integers(2, 40), st.sampled_from([BY_ARRAYS, BY_KERNELS]))
def test_whatever_is_vetoed_the_pairs_and_the_plan_are_those_of_a_new_round(dice: Random, members: int, large: int):
    agrees(dice, members, 4, large)


@pytest.mark.parametrize("large", [BY_ARRAYS, BY_KERNELS])
def test_a_veto_makes_room_for_whom_the_pool_had_left_out(large: int):
    assert agrees(Random(4), 120, 12, large)
