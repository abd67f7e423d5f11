"""Tables of whole numbers against the functions they stand for."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matcher.tables import MILLION, NAT, ONE, chances, fade, fade_one, ln_1p, mix, weight_below

ages = st.integers(-10, 5_000)
half_lives = st.sampled_from([7, 14, 30, 60, 120, 240])
points = st.lists(st.integers(-3_000, 3_000), min_size=1, max_size=40)


def _array(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@given(ages, half_lives)
def test_fading_is_right_to_the_last_digit(age: int, half_life_days: int):
    exact = ONE * 2 ** (-max(age, 0) / half_life_days)
    assert abs(fade(_array(age), half_life_days)[0] - exact) <= 0.500001
    assert fade(_array(age), half_life_days)[0] == fade_one(age, half_life_days)


@given(half_lives)
def test_fading_never_rises_and_ends_at_nothing(half_life_days: int):
    faded = fade(np.arange(20 * half_life_days), half_life_days)
    assert (np.diff(faded) <= 0).all() and faded[0] == ONE and faded[-1] == 0


@given(st.integers(0, 10**13))
def test_logarithms_are_rounded_down_to_hundredths(x: int):
    assert 0 <= NAT * math.log1p(x / ONE) - ln_1p(_array(x))[0] < 1.01 or ln_1p(_array(x))[0] == 25 * NAT


@given(st.lists(st.integers(0, 2**50), max_size=50))
def test_logarithms_rise_with_what_they_are_of(numbers: list[int]):
    assert (np.diff(ln_1p(np.array(sorted(numbers), dtype=np.int64))) >= 0).all()


@given(points)
def test_chances_are_a_softmax_and_share_one_million(theirs: list[int]):
    shares = chances(np.array(theirs, dtype=np.int64))
    best = max(theirs)
    whole = sum(math.exp((each - best) / NAT) for each in theirs)
    assert MILLION - len(theirs) <= shares.sum() <= MILLION
    for each, share in zip(theirs, shares, strict=True):
        assert abs(share - MILLION * math.exp((each - best) / NAT) / whole) <= 1.01


@given(points)
def test_whoever_has_more_points_has_no_less_of_a_chance(theirs: list[int]):
    shares = chances(np.array(sorted(theirs), dtype=np.int64))
    assert (np.diff(shares) >= 0).all()


def test_nobody_has_no_chances():
    assert len(chances(_array())) == 0


def test_far_below_the_best_is_nothing():
    assert weight_below(_array(0, 2_300)).tolist() == [1 << 30, 0]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_mix_is_the_same_whoever_comes_first(a: int, b: int):
    one, other = np.array([a], dtype=np.uint64), np.array([b], dtype=np.uint64)
    assert mix(one, other) == mix(other, one)


def test_a_mix_favours_nobody():
    ids = np.arange(1_000, dtype=np.uint64)
    first = np.argsort(mix(np.uint64(77), ids))[:500]
    assert 210 < (first < 500).sum() < 290
