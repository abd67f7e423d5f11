"""Kernels: what they take for granted, and the extremes that no network of a test would reach."""

from hashlib import blake2b

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import field, kernels, sparse, workspace
from matcher.crossing import Crossing
from matcher.field import Barred, Field, Sizes, Worth, best_of, field_of
from matcher.index import Index
from matcher.reading import Reading
from matcher.strands import Strand
from tests import builders as b
from tests.unit.matcher.worlds import world_of

PERSONAL, SHARED = 5, 3
MOST_WORTH, MOST_STRENGTH = 2_500 * 2_500, 1_000  # the greatest logarithm times the greatest rarity
NOBODY_BARRED = Barred(np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.bool_))


def field_by(dice: np.random.Generator, members: int) -> Field:
    """Everybody is there, and worth something by themselves."""
    of_nobody = Reading(Index(world_of([b.joined("m-1")])), b.day(1))
    prior, mixes = dice.integers(-60, 160, members).astype(np.int32), dice.permutation(members).astype(np.uint64)
    return field_of(of_nobody, Sizes(PERSONAL, SHARED), np.ones(1, dtype=bool))._replace(
        prior=prior,
        order=np.lexsort((mixes, -prior)),
        best=best_of(prior),
        mixes=mixes,
        available=np.ones(members, dtype=np.bool_),
        shared=np.sort(dice.choice(members, min(SHARED, members), replace=False)),
        tongues=np.zeros(members, dtype=np.int64),
    )


def strands_by(dice: np.random.Generator, members: int, count: int) -> list[Strand]:
    """Strands of all four columns, with amounts of every size that there can be."""
    strands = []
    for number in range(count):
        slots = np.flatnonzero(dice.random(members) < dice.random())
        amounts = (MOST_WORTH * dice.random(len(slots)) ** dice.integers(1, 9)).astype(np.int64)
        strands.append(Strand(number % 4, slots, amounts, int(dice.integers(1, MOST_STRENGTH, endpoint=True))))
    return strands


def agree(given: Field, space: workspace.Space, strands: list[Strand], barred: Barred) -> None:
    """By arrays and by kernels, the pool is the same."""
    slots, sums = workspace.pool_of(given, space, strands, barred)
    expected_slots, expected_sums = sparse.pool_of(given, strands, barred)
    assert slots.tolist() == expected_slots.tolist()
    assert sums.tolist() == expected_sums.tolist()


def test_what_numba_keeps_is_compiled_anew_when_what_kernels_take_changes():
    fields = repr([each._fields for each in (Field, Worth, workspace.Space, workspace.Bundle, Crossing)])
    digest = blake2b(fields.encode(), digest_size=4).hexdigest()
    assert digest == kernels.COMPILED_FOR, f"write {digest} into kernels.py: who has older kernels would use them"
    assert kernels._STEP_BITS == field.STEP_BITS


def test_where_sums_are_capped_more_is_worth_no_more_points():
    assert field._worth("subj240").edges[-1] <= kernels._ENOUGH


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32).map(np.random.default_rng), st.integers(1, 300), st.integers(0, 64))
def test_sums_that_no_32_bits_would_hold_give_the_same_pools(dice, members, count):
    given = field_by(dice, members)
    never = dice.choice(members, dice.integers(members), replace=False)
    barred = NOBODY_BARRED._replace(slots=never)
    agree(given, workspace.space_for(members), strands_by(dice, members, count), barred)


def test_who_lends_a_workspace_to_a_network_that_has_grown_gives_it_a_larger_one():
    dice, spaces = np.random.default_rng(3), []
    for members in (50, 40, 51, 5_000, 9_000):
        with workspace.borrowed(spaces, members) as space:
            agree(field_by(dice, members), space, strands_by(dice, members, 12), NOBODY_BARRED)
    assert len(spaces) == 1
