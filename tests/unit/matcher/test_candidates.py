"""Pools of candidates: by arrays, by kernels and written down plainly, they are the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import candidates, field, kernels, workspace
from matcher.candidates import OF_ASK, Pools
from matcher.features import OF_TEXT
from matcher.field import Sizes
from matcher.index import Index
from matcher.needs import Need, stated_need
from matcher.policy import DEFAULT, Policy
from matcher.reading import Reading
from schemas.codec import Event
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.dense_pools import dense_pool
from tests.unit.matcher.worlds import plan_of, world_of

AT = b.day(21, hour=12)
SUBJECTS = ["Nachfolge", "Export", "Steuern", "Unternehmensnachfolge", "Marketing", "Finanzierung"]
WORDS = ["Notar", "Verträge", "Holland", "Messe", "Werkzeug", "Holzbau", "Kredit"]
OF_A_ROUND = candidates.of_round(DEFAULT)
SMALL = Sizes(personal=3, shared=2)
BY_ARRAYS, BY_KERNELS = 1 << 60, 0  # from how many members on kernels are used


def network_of(dice: Random, members: int, *, all_share: bool = False) -> list[Event]:
    """A network by dice: some seek, some give, some are away, some have nothing to say; some join on the last day."""
    ids = [f"m-{number}" for number in dice.sample(range(10 * members), members)]
    told = [event for member_id in ids for event in _a_life(dice, member_id, 1 + members // 4, all_share)]
    pairs = list(combinations(ids[:40], 2))
    for one, other in dice.sample(pairs, min(len(pairs), 2 * members)):
        told.append(_between(dice, one, other))
    return sorted(told, key=lambda event: event[:3])


def _a_life(dice: Random, member_id: str, groups: int, all_share: bool) -> list[Event]:
    begin = dice.choice((0, 1, 9, 21))
    tongues = dice.choice((None, None, ["de"], ["en"], ["de", "en"]))
    told = [b.joined(member_id, f"g-{dice.randrange(groups)}", at=b.day(begin), languages=tongues)]
    for _ in range(dice.randrange(4)):
        say, note = dice.choice((b.seeks, b.gives)), " ".join(dice.sample(WORDS, dice.randrange(3)))
        at = b.day(dice.randrange(begin, 22), minute=dice.randrange(600))
        told.append(say(member_id, dice.choice(SUBJECTS), at=at, note=note))
    if all_share:
        told += [b.seeks(member_id, "Nachfolge", at=b.day(begin)), b.gives(member_id, "Nachfolge", at=b.day(begin))]
    if dice.random() < 0.1:
        told.append(b.prefers(member_id, at=b.day(21), paused_until=b.day(dice.choice((21, 30)))))
    return told


def _between(dice: Random, one: str, other: str) -> Event:
    chance, at = dice.random(), b.day(dice.randrange(22), minute=700)
    if chance < 0.6:
        return b.talked(one, other, at=at)
    return b.blocked(one, other, at=at) if chance < 0.8 else b.vetoed(one, other, at=at)


@contextmanager
def kernels_from(members: int, block: int = candidates.BLOCK_MEMBERS) -> Iterator[None]:
    """While it lasts, networks of so many members are large, blocks hold so many, and stretches few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "LARGE", members)
        patch.setattr(field, "STRETCH", 8)
        patch.setattr(workspace, "STRETCH", 8)
        patch.setattr(candidates, "BLOCK_MEMBERS", block)
        yield


def agrees(told: list[Event], sizes: Sizes, large: int, seekers: int | None = None) -> None:
    """Every way gives the pools that are written down plainly, whoever looks for whatever."""
    reading = Reading(Index(world_of(told)), AT)
    available = reading.index.roster.available(AT, DEFAULT)
    with kernels_from(large):
        pools = Pools(reading, sizes, available)
        for slot in range(reading.members)[:seekers]:
            for need in (reading.need(slot), stated_need(["Export"], "Notar in Holland"), Need()):
                found = pools.of(slot, need)
                between = {name: values.tolist() for name, values in found.between.items()}
                assert (found.slots.tolist(), between) == dense_pool(reading, sizes, available, slot, need)


def all_at_once(
    told: list[Event], sizes: Sizes, large: int, block: int, threads: int
) -> tuple[list[int], list[int], list[list[int]]]:
    """Everybody's pools, made together: members, candidates, and the features of text."""
    reading = Reading(Index(world_of(told)), AT)
    available = reading.index.roster.available(AT, DEFAULT)
    members = np.flatnonzero(available)
    with kernels_from(large, block), ThreadPoolExecutor(threads) as pool:
        blocks = list(Pools(reading, sizes, available).of_each(members, pool.map))
    return tuple([row for block in blocks for row in block[column].tolist()] for column in range(3))


def one_by_one(told: list[Event], sizes: Sizes) -> tuple[list[int], list[int], list[list[int]]]:
    """The same, as they are written down plainly."""
    reading = Reading(Index(world_of(told)), AT)
    available = reading.index.roster.available(AT, DEFAULT)
    rows = []
    for slot in np.flatnonzero(available).tolist():
        slots, between = dense_pool(reading, sizes, available, slot, reading.need(slot))
        text = zip(*(between[name] for name in OF_TEXT), strict=True)
        rows += [(slot, other, list(each)) for other, each in zip(slots, text, strict=True)]
    return tuple(list(column) for column in zip(*rows, strict=True)) or ([], [], [])


@pytest.mark.parametrize("large", [BY_ARRAYS, BY_KERNELS])
@settings(max_examples=40, deadline=None)
@given(
    dice=THROWN,
    members=st.integers(1, 120),
    all_share=st.booleans(),
    sizes=st.sampled_from([SMALL, OF_A_ROUND, OF_ASK]),
)
def test_by_arrays_and_by_kernels_pools_are_what_is_written_down_plainly(dice, members, all_share, sizes, large):
    agrees(network_of(dice, members, all_share=all_share), sizes, large, seekers=12)


@pytest.mark.parametrize("large", [BY_ARRAYS, BY_KERNELS])
def test_a_network_of_one_has_no_candidates(large):
    agrees([b.joined("m-1")], OF_ASK, large)


@pytest.mark.parametrize("large", [BY_ARRAYS, BY_KERNELS])
def test_one_who_claims_everything_and_one_who_seeks_everything_are_served_like_others(large):
    everything = [f"Fach {number}" for number in range(300)] + SUBJECTS
    claims = [b.gives("m-all", each, at=b.day(20)) for each in everything]
    wants = [b.seeks("m-any", each, at=b.day(20)) for each in everything]
    joined = [b.joined(member_id, f"g-{member_id}", at=b.day(1)) for member_id in ("m-all", "m-any")]
    agrees([*network_of(Random(5), 60), *joined, *claims, *wants], OF_A_ROUND, large)


@pytest.mark.parametrize("large", [BY_ARRAYS, BY_KERNELS])
def test_whoever_left_a_group_before_another_came_may_meet_them_however_large_it_is(large):
    told = [b.joined(f"l-{number}", "g-large", at=b.day(1 + number % 9)) for number in range(300)]
    left = [b.left(f"l-{number}", "g-large", at=b.day(5)) for number in range(0, 300, 9)]
    moved = [b.joined(f"l-{number}", "g-0", at=b.day(6)) for number in range(0, 300, 9)]
    said = [b.gives(f"l-{number}", "Export", at=b.day(7)) for number in range(0, 300, 7)]
    everything = sorted([*network_of(Random(6), 30), *told, *left, *moved, *said], key=lambda event: event[:3])
    agrees(everything, OF_A_ROUND, large, seekers=60)


@pytest.mark.parametrize("sizes", [OF_A_ROUND, OF_ASK])
@pytest.mark.parametrize("large", [BY_ARRAYS, BY_KERNELS])
def test_among_three_thousand_members_they_are_the_same(sizes, large):
    agrees(network_of(Random(7), 3_000), sizes, large, seekers=10)


@pytest.mark.parametrize("large", [BY_ARRAYS, BY_KERNELS])
def test_who_joins_on_a_day_is_a_stranger_to_it_in_every_way(large):
    told = network_of(Random(3), 40)
    index, sizes = Index(world_of(event for event in told if event.time < AT)), SMALL
    Pools(Reading(index, AT), sizes, index.roster.available(AT, DEFAULT))
    for number in range(30):
        index.follow(index.world.apply(b.joined(f"n-{number}", "g-new", at=AT)))
        index.follow(index.world.apply(b.gives(f"n-{number}", "Export", at=AT)))
    reading = Reading(index, AT + 1)
    available = index.roster.available(AT + 1, DEFAULT)
    index.spaces.clear()
    with kernels_from(large):
        for slot in range(0, reading.members, 7):
            need = stated_need(["Export"])
            found = Pools(reading, sizes, available).of(slot, need)
            assert found.slots.tolist() == dense_pool(reading, sizes, available, slot, need)[0]


@settings(max_examples=30, deadline=None)
@given(
    dice=THROWN,
    members=st.integers(1, 120),
    all_share=st.booleans(),
    sizes=st.sampled_from([SMALL, OF_A_ROUND]),
    block=st.sampled_from([1, 7, 1_000]),
)
def test_everybodys_pools_are_the_same_made_one_by_one_or_at_once_in_any_blocks_and_threads(
    dice, members, all_share, sizes, block
):
    told = network_of(dice, members, all_share=all_share)
    plainly = one_by_one(told, sizes)
    assert all_at_once(told, sizes, BY_ARRAYS, block, threads=1) == plainly
    assert all_at_once(told, sizes, BY_KERNELS, block, threads=1) == plainly
    assert all_at_once(told, sizes, BY_KERNELS, block, threads=2) == plainly


def test_more_in_common_is_never_worth_less_or_whoever_is_let_go_early_might_be_missed():
    for name in ("subj240", "words240"):
        points = field._worth(name).points
        assert points[0] == 0
        assert (np.diff(points) >= 0).all()


def test_a_round_is_the_same_by_arrays_and_by_kernels():
    told = network_of(Random(11), 150)
    plans = []
    for large in (BY_ARRAYS, BY_KERNELS):
        with kernels_from(large):
            plans.append(plan_of(told, AT, Policy(least_value=1)))
    assert plans[0].introductions
    assert plans[0] == plans[1]


def test_what_is_warmed_up_is_all_that_lists_and_rounds_compile():
    workspace.warm_up()
    told = network_of(Random(5), 60)  # of some stretches: one has another layout than many
    agrees(told, OF_A_ROUND, BY_KERNELS, seekers=5)
    all_at_once(told, OF_A_ROUND, BY_KERNELS, block=10, threads=2)
    compiled = {name: len(getattr(kernels, name).signatures) for name in ("choose", "choose_each", "walk")}
    assert compiled == {"choose": 1, "choose_each": 1, "walk": 1}
