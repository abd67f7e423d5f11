"""Dice without a state."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.simulate.dice import dice, die, pick

KEYS = st.integers(-(1 << 62), 1 << 62)


@given(KEYS, KEYS, KEYS)
def test_one_throw_and_a_million_are_the_same_throw(seed: int, one: int, other: int) -> None:
    assert die(seed, "x", one, other) == int(dice(seed, "x", np.array([one]), np.array([other]))[0])


def test_what_it_is_thrown_for_makes_another_throw() -> None:
    assert die(7, "name", 1) != die(7, "firm", 1)


def test_every_side_comes_up_about_equally_often() -> None:
    counts = np.bincount(pick(dice(7, "fair", np.arange(60_000)), 6, 20))

    assert counts.min() > 9_600
    assert counts.max() < 10_400
