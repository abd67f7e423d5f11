"""The solver of a round: from pairs with one value each to those that are taken, and the proof that they are stable.

A pair is a place in the arrays `a`, `b` (members, by slot) and `values`; a ranking is the places of all pairs that may
be taken, best first; `room` says per slot how many pairs a member can be in.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.tables import Ints, mix


class Taken(NamedTuple):
    """The places that were taken, best first, and an upper bound of the value that any choice could have."""

    places: Ints
    upper_bound: int


def rank(places: Ints, values: Ints, mixes_a: NDArray[np.uint64], mixes_b: NDArray[np.uint64]) -> Ints:
    """These places, best first; ties by a mix of the two ids."""
    return places[np.lexsort((mix(mixes_a[places], mixes_b[places]), -values[places]))]


def take(a: Ints, b: Ints, values: Ints, ranking: Ints, room: Ints) -> Taken:
    """Goes through the ranking and takes each pair while both have room.

    The bound: nobody can have more than the sum of their best pairs, as many as they have room for, and each pair is
    counted by its two members, so half of all these sums is the most there can be.

    >>> one, two = np.array([0, 0, 1]), np.array([1, 2, 2])
    >>> take(one, two, np.array([5, 4, 3]), np.array([0, 1, 2]), np.array([1, 1, 1]))
    Taken(places=array([0]), upper_bound=7)
    """
    left, unseen = room.tolist(), room.tolist()
    places, twice_the_bound = [], 0
    for place, first, second, value in zip(
        ranking.tolist(), a[ranking].tolist(), b[ranking].tolist(), values[ranking].tolist(), strict=True
    ):
        for member in (first, second):
            if unseen[member]:
                unseen[member] -= 1
                twice_the_bound += value
        if left[first] and left[second]:
            left[first] -= 1
            left[second] -= 1
            places.append(place)
    return Taken(np.array(places, dtype=np.int64), -(-twice_the_bound // 2))


def blocking_pairs(a: Ints, b: Ints, ranking: Ints, taken: Ints, room: Ints) -> int:
    """How many pairs were not taken although both members would rather have each other than the worst of what they got,
    or have room left. Stable means none. Shares nothing with `take`."""
    order = np.full(len(a), len(ranking), dtype=np.int64)
    order[ranking] = np.arange(len(ranking))
    worst = np.where(_taken_by(a, b, taken, len(room)) < room, len(ranking), -1)
    np.maximum.at(worst, a[taken], order[taken])
    np.maximum.at(worst, b[taken], order[taken])
    worst[room == 0] = -1
    left_out = np.ones(len(a), dtype=bool)
    left_out[taken] = False
    others = ranking[left_out[ranking]]
    return int(((order[others] < worst[a[others]]) & (order[others] < worst[b[others]])).sum())


def _taken_by(a: Ints, b: Ints, taken: Ints, members: int) -> Ints:
    return np.bincount(np.concatenate((a[taken], b[taken])), minlength=members)
