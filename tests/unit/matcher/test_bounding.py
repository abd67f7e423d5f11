"""The bound of a linear program, beside every choice that there is, and beside another solver."""

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from matcher import bounding
from matcher.bounding import TooManyPairs, bound_at, lp_upper_bound
from matcher.pairing import rank, take
from tests.unit.matcher.choices import ACROSS, MEMBERS, WITHIN, Instance, arrays, best_of, instances, instances_of

prices = st.lists(st.integers(0, 20), min_size=MEMBERS, max_size=MEMBERS)


@settings(max_examples=60, deadline=None)
@given(instances)
def test_the_bound_lies_between_the_best_choice_and_the_simple_bound(instance: Instance):
    a, b, values, room = arrays(*instance)
    mixes = np.arange(MEMBERS, dtype=np.uint64)
    taken = take(a, b, values, rank(np.arange(len(values)), values, mixes[a], mixes[b]), room)
    bound = lp_upper_bound(a, b, values, room)
    assert values[taken.places].sum() <= best_of(*instance) <= bound <= taken.upper_bound


@settings(max_examples=100, deadline=None)
@given(instances, prices)
def test_whatever_the_prices_no_choice_is_worth_more_than_the_bound_at_them(instance: Instance, twice: list[int]):
    assert bound_at(np.array(twice), *arrays(*instance)) >= best_of(*instance)


@settings(max_examples=60, deadline=None)
@given(instances_of(ACROSS))
def test_between_two_sides_the_bound_is_what_the_best_choice_is_worth(instance: Instance):
    assert lp_upper_bound(*arrays(*instance)) == best_of(*instance)


@settings(max_examples=40, deadline=None)
@example(({(0, 1): 5, (0, 2): 5, (1, 2): 5}, [1, 1, 1, 0, 0]))  # at prices of 2½, which are no whole numbers
@given(instances_of(WITHIN, most_pairs=6))
def test_the_bound_is_what_the_best_choice_of_halves_of_pairs_is_worth(instance: Instance):
    """So HiGHS's prices were rounded to those that are best, and not only to some that are allowed."""
    values, room = instance
    twice_the_best = 0
    for halves in product(range(3), repeat=len(values)):
        taken = list(zip(values, halves, strict=True))
        had = [sum(count for pair, count in taken if member in pair) for member in range(MEMBERS)]
        if all(count <= 2 * space for count, space in zip(had, room, strict=True)):
            twice_the_best = max(twice_the_best, sum(count * values[pair] for pair, count in taken))
    assert lp_upper_bound(*arrays(values, room)) == -(-twice_the_best // 2)


def test_of_hundreds_of_members_on_two_sides_the_bound_is_what_another_solver_finds():
    values = np.random.default_rng(7).integers(80_000, 900_000, (150, 200))
    a, b = (each.ravel() for each in np.indices(values.shape))
    chosen = linear_sum_assignment(values, maximize=True)
    room = np.ones(sum(values.shape), dtype=np.int64)
    assert lp_upper_bound(a, b + len(values), values.ravel(), room) == values[chosen].sum()


def test_where_there_is_nothing_to_choose_the_bound_is_nothing():
    assert lp_upper_bound(*arrays({}, [1, 1])) == 0
    assert lp_upper_bound(*arrays({(0, 1): 5}, [0, 1])) == 0


def test_more_pairs_than_memory_and_time_allow_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bounding, "MOST_PAIRS", 1)
    with pytest.raises(TooManyPairs, match="2 pairs, and 1 is the most"):
        lp_upper_bound(*arrays({(0, 1): 5, (1, 2): 5}, [1, 1, 1]))
