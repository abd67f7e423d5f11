"""Logarithms, exponentials and fading as tables of whole numbers: the same on every machine, in any order of adding.

The tables are computed once with decimal arithmetic, which does not depend on the machine's floating point.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]  # of what there are many, and no more than two thousand million

ONE = 1 << 16  # the fixed-point one of everything that fades
NAT = 100  # points, and logarithms, are in hundredths of a nat
MILLION = 1_000_000
_EXP_ONE = 1 << 30
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)


def _whole(value: Decimal) -> int:
    return int(_EXACT.to_integral_value(value))


@cache
def _fade_table(half_life_days: int) -> Ints:
    half = _EXACT.ln(Decimal(2))
    ages = range(17 * half_life_days)  # by then less than half of 1/65,536 is left
    return np.array([_whole(ONE * _EXACT.exp(-half * age / half_life_days)) for age in ages] + [0], dtype=np.int64)


def fade(age_days: Ints, half_life_days: int) -> Ints:
    """2^(-age / half-life), in 1/65,536; an age below 0 counts as 0.

    >>> fade(np.array([0, 7, 14]), 7).tolist()
    [65536, 32768, 16384]
    """
    table = _fade_table(half_life_days)
    return table.take(age_days, mode="clip")


def fade_one(age_days: int, half_life_days: int) -> int:
    """`fade` of a single age."""
    table = _fade_list(half_life_days)
    return table[min(max(age_days, 0), len(table) - 1)]


@cache
def _fade_list(half_life_days: int) -> list[int]:
    return _fade_table(half_life_days).tolist()


@cache
def _log_edges() -> Ints:
    """The least x (in 1/65,536) whose ln(1 + x) is k hundredths, for k = 1, 2, …; up to ln = 25."""
    steps = range(1, 25 * NAT + 1)
    return np.array([ceil(ONE * (_EXACT.exp(Decimal(k) / NAT) - 1)) for k in steps], dtype=np.int64)


def ln_1p(x: Ints) -> Ints:
    """ln(1 + x), rounded down to hundredths; x >= 0 in 1/65,536.

    >>> ln_1p(np.array([0, 65_536, 10 * 65_536])).tolist()
    [0, 69, 239]
    """
    return np.asarray(_log_edges().searchsorted(x, side="right"))


@cache
def _exp_table() -> Ints:
    """exp(-k / 100) in 2^-30, until it is 0."""
    return np.array([_whole(_EXP_ONE * _EXACT.exp(-Decimal(k) / NAT)) for k in range(22 * NAT)] + [0], dtype=np.int64)


def weight_below(gap_points: Ints) -> Ints:
    """exp(-gap / 100) in 2^-30: the softmax weight of one that is `gap_points` below the best."""
    table = _exp_table()
    return table.take(gap_points, mode="clip")


def chances(points: Ints) -> Ints:
    """The softmax of points (hundredths of a nat) over a pool, in millionths, rounded down.

    >>> chances(np.array([100, 0])).tolist()
    [731058, 268941]
    """
    if not len(points):
        return points
    weights = weight_below(points.max() - points)
    return weights * MILLION // weights.sum()


def even_chance(points: Ints) -> Ints:
    """The logistic of points (hundredths of a nat), in millionths, rounded down.

    >>> even_chance(np.array([0, 110, -110])).tolist()
    [500000, 750260, 249739]
    """
    less = weight_below(np.abs(points))
    likelier = np.where(points >= 0, _EXP_ONE, less)
    return likelier * MILLION // (_EXP_ONE + less)


def mix(a: NDArray[np.uint64] | np.uint64, b: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """One number for two ids, whoever comes first: ties are broken by it, so that old ids win none.

    The finaliser of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
    """
    with np.errstate(over="ignore"):
        x = np.bitwise_xor(a, b) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)))
