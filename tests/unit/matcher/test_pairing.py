"""The solver of a round, beside solvers that try everything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import pairing
from matcher.pairing import Taken, blocking_pairs, rank, take
from matcher.tables import Ints, mix
from tests.unit.matcher.choices import MEMBERS, Instance, Pair, arrays, best_of, instances


def _solved(values: dict[Pair, int], room: list[int], least: int = 1) -> tuple[list[Pair], Taken, Ints]:
    a, b, worth, space = arrays(values, room)
    mixes = np.arange(100, 100 + len(room), dtype=np.uint64)
    ranking = rank(np.flatnonzero(worth >= least), worth, mixes[a], mixes[b])
    taken = take(a, b, worth, ranking, space)
    return [list(values)[place] for place in taken.places], taken, ranking


def test_a_pair_that_both_like_best_is_taken_though_another_choice_adds_up_to_more():
    """Preis (STACS 1999): the locally heaviest edge first is at least half as good as the best matching."""
    chosen, taken, _ = _solved({(0, 1): 5, (1, 2): 6, (2, 3): 5}, [1, 1, 1, 1])
    assert chosen == [(1, 2)]
    assert taken.upper_bound == 11


def test_three_who_all_like_another_best_have_no_circle_when_a_pair_has_one_value():
    """Gale and Shapley's roommates (1962) who have no stable pairing: with one number a pair they cannot arise."""
    chosen, _, _ = _solved({(0, 1): 3, (1, 2): 2, (0, 2): 1, (0, 3): 1, (1, 3): 1, (2, 3): 1}, [1] * 4)
    assert chosen == [(0, 1), (2, 3)]


def test_what_is_worth_too_little_is_not_ranked():
    assert _solved({(0, 1): 3, (1, 2): 2}, [1] * 3, least=4)[0] == []
    assert _solved({(0, 1): 3, (2, 3): 2}, [1] * 4, least=3)[0] == [(0, 1)]


def test_nobody_to_pair_is_an_empty_round():
    chosen, taken, ranking = _solved({}, [1, 1])
    assert (chosen, taken.upper_bound, len(ranking)) == ([], 0, 0)


def test_ties_go_by_the_mix_and_not_by_the_order_of_the_pairs():
    values = {(0, 1): 1, (0, 2): 1, (0, 3): 1, (1, 2): 1, (1, 3): 1}
    backwards = dict(reversed(values.items()))
    assert set(_solved(values, [1] * 4)[0]) == set(_solved(backwards, [1] * 4)[0])


@settings(max_examples=60)
@given(instances)
def test_nobody_has_more_than_their_room_and_nobody_would_rather_have_another(instance: Instance):
    values, room = instance
    chosen, taken, ranking = _solved(values, room)
    had = {member: sum(member in pair for pair in chosen) for member in range(MEMBERS)}
    assert all(had[member] <= room[member] for member in had)
    worst = {member: min((values[pair] for pair in chosen if member in pair), default=0) for member in had}
    for pair in values.keys() - set(chosen):
        assert not all(room[each] and (had[each] < room[each] or values[pair] > worst[each]) for each in pair)
    a, b, _, space = arrays(values, room)
    assert blocking_pairs(a, b, ranking, taken.places, space) == 0


@settings(max_examples=60)
@given(instances)
def test_no_choice_whatever_is_worth_more_than_the_bound_and_none_twice_as_much_as_this_one(instance: Instance):
    values, room = instance
    chosen, taken, _ = _solved(values, room)
    best = best_of(values, room)
    value = sum(values[pair] for pair in chosen)
    assert value <= best <= taken.upper_bound
    assert best <= 2 * value


@settings(max_examples=60)
@given(instances, st.data())
def test_a_pair_that_was_left_out_though_there_was_room_is_found(instance: Instance, data: st.DataObject):
    values, room = instance
    chosen, taken, ranking = _solved(values, room)
    if chosen:
        a, b, _, space = arrays(values, room)
        dropped = data.draw(st.integers(0, len(chosen) - 1))
        assert blocking_pairs(a, b, ranking, np.delete(taken.places, dropped), space) >= 1


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=30), st.integers(0, 62))
def test_packed_into_one_number_pairs_rank_as_by_value_then_mix_then_place(pairs: list[Pair], shift: int):
    values, one, other = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    values, one, other = values << min(shift, 60), one.astype(np.uint64), other.astype(np.uint64)
    plainly = np.lexsort((mix(one, other), -values))
    assert rank(np.arange(len(values)), values, one, other).tolist() == plainly.tolist()


@settings(max_examples=100, deadline=None)
@given(instances)
def test_compiled_or_not_the_same_pairs_are_taken(instance: Instance):
    plainly = _solved(*instance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "MANY", 0)
        compiled = _solved(*instance)
    assert (compiled[0], compiled[1].upper_bound) == (plainly[0], plainly[1].upper_bound)


def test_who_takes_pairs_leaves_the_rooms_as_they_were():
    one, other, values, room = np.array([0, 0]), np.array([1, 2]), np.array([2, 1]), np.array([1, 1, 1])
    for many in (0, 3):  # compiled, and not
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pairing, "MANY", many)
            take(one, other, values, np.array([0, 1]), room)
        assert room.tolist() == [1, 1, 1]
