"""Dice without a state: every throw is a hash of the seed, of what it is thrown for, and of whom.

So any part of a simulated network can be computed alone, in any order, for one member or for a million at once, and
comes out the same. The hash is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), chained over the keys.
"""

from functools import cache
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Throws = npt.NDArray[np.uint64]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def die(seed: int, purpose: str, *keys: int) -> int:
    """One throw, 0 to 2**64 - 1.

    >>> die(7, "tenure", 3) == int(dice(7, "tenure", np.array([3]))[0])
    True
    """
    mixed = _start(seed, purpose)
    for key in keys:  # as `_mixed`, written out: this runs a million times a minute
        mixed = (mixed ^ (key & _MASK)) + _GOLDEN & _MASK
        mixed = (mixed ^ (mixed >> 30)) * _FIRST & _MASK
        mixed = (mixed ^ (mixed >> 27)) * _SECOND & _MASK
        mixed ^= mixed >> 31
    return mixed


def dice(seed: int, purpose: str, *keys: Any) -> Throws:
    """The throws for arrays of keys (broadcast against each other); each as `die` throws it."""
    mixed: Any = np.array([_start(seed, purpose)], dtype=np.uint64)
    for key in keys:
        mixed = (mixed ^ np.asarray(key, dtype=np.int64).astype(np.uint64)) + np.uint64(_GOLDEN)
        mixed ^= mixed >> np.uint64(30)
        mixed *= np.uint64(_FIRST)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(_SECOND)
        mixed ^= mixed >> np.uint64(31)
    return mixed


def pick(throws: Throws, sides: Any, skip_bits: int = 0) -> Numbers:
    """Each throw as a number from 0 to `sides` - 1. Other `skip_bits` of one throw are as good as another throw, as
    long as the sides need few bits."""
    sides = np.asarray(sides, dtype=np.uint64)
    return ((throws >> np.uint64(skip_bits)) % sides).astype(np.int64)


@cache
def _start(seed: int, purpose: str) -> int:
    return _mixed(((seed & _MASK) + crc32(purpose.encode()) * _GOLDEN) & _MASK)


def _mixed(value: int) -> int:
    value = (value ^ (value >> 30)) * _FIRST & _MASK
    value = (value ^ (value >> 27)) * _SECOND & _MASK
    return value ^ (value >> 31)
