"""The solver of a round: from pairs with one value each to those that are taken, and the proof that they are stable.

A pair is a place in the arrays `a`, `b` (members, by slot) and `values`; a ranking is the places of all pairs that may
be taken, best first; `room` says per slot how many pairs a member can be in.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.rows import distinct
from matcher.tables import Ints, Numbers, mix

Slots = Ints | Numbers
MANY = 300_000  # pairs, from which on a kernel is worth loading


class Taken(NamedTuple):
    """The places that were taken, best first, and an upper bound of the value that any choice could have."""

    places: Ints
    upper_bound: int


def rank(places: Ints, values: Ints, mixes_a: NDArray[np.uint64], mixes_b: NDArray[np.uint64]) -> Ints:
    """These places, best first; ties by a mix of the two ids, and then by place.

    What decides is packed into one number: how much less a pair is worth than the best, as much of its mix as there is
    room for, and where it stands. Numbers sort ten times as fast as the places of numbers; the few pairs that are alike
    in all that found room are put in order afterwards.
    """
    if not len(places):
        return places
    worth, mixes = values[places], mix(mixes_a[places], mixes_b[places])
    losses = (worth.max() - worth).astype(np.uint64)
    of_place, of_loss = (len(places) - 1).bit_length(), int(losses.max()).bit_length()
    of_mix = 64 - of_place - of_loss
    if of_mix < 0:
        return places[np.lexsort((mixes, losses))]
    keys = losses << np.uint64(of_mix) | mixes >> np.uint64(64 - of_mix)
    keys = keys << np.uint64(of_place) | np.arange(len(places), dtype=np.uint64)
    keys.sort()
    order = (keys & np.uint64((1 << of_place) - 1)).astype(np.int64)
    keys >>= np.uint64(of_place)
    alike = np.flatnonzero(keys[1:] == keys[:-1])
    alike = distinct(np.concatenate((alike, alike + 1)))
    order[alike] = order[alike][np.lexsort((order[alike], mixes[order[alike]], keys[alike]))]
    return places[order]


def take(a: Slots, b: Slots, values: Ints, ranking: Ints, room: Ints) -> Taken:
    """Goes through the ranking and takes each pair while both have room.

    The bound: nobody can have more than the sum of their best pairs, as many as they have room for, and each pair is
    counted by its two members, so half of all these sums is the most there can be.

    >>> one, two = np.array([0, 0, 1]), np.array([1, 2, 2])
    >>> take(one, two, np.array([5, 4, 3]), np.array([0, 1, 2]), np.array([1, 1, 1]))
    Taken(places=array([0]), upper_bound=7)
    """
    if len(ranking) < MANY:
        taken = [0] * len(ranking)
        numbers = (a.tolist(), b.tolist(), values.tolist(), ranking.tolist(), room.tolist(), room.tolist())
        count, twice_the_bound = walk(*numbers, taken)
        places = np.array(taken[:count], dtype=np.int64)
    else:
        from matcher import kernels  # loads numba

        places = np.zeros(len(ranking), dtype=np.int64)
        a, b = a.astype(np.int32, copy=False), b.astype(np.int32, copy=False)
        count, twice_the_bound = kernels.walk(a, b, values, ranking, room.copy(), room.copy(), places)
        places = places[:count].copy()
    return Taken(places, -(-twice_the_bound // 2))


def walk(a: Any, b: Any, values: Any, ranking: Any, left: Any, unseen: Any, taken: Any) -> tuple[int, int]:
    """`take`, as both run it: on lists, or compiled on arrays. How many are taken, and twice the bound."""
    count = twice_the_bound = 0
    for place in ranking:
        first, second, value = a[place], b[place], values[place]
        if unseen[first]:
            unseen[first] -= 1
            twice_the_bound += value
        if unseen[second]:
            unseen[second] -= 1
            twice_the_bound += value
        if left[first] and left[second]:
            left[first] -= 1
            left[second] -= 1
            taken[count] = place
            count += 1
    return count, twice_the_bound


def blocking_pairs(a: Slots, b: Slots, ranking: Ints, taken: Ints, room: Ints) -> int:
    """How many pairs were not taken although both members would rather have each other than the worst of what they got,
    or have room left. Stable means none. Shares nothing with `take`."""
    is_taken = np.zeros(len(a), dtype=bool)
    is_taken[taken] = True
    first, second, is_taken = a[ranking], b[ranking], is_taken[ranking]
    worst = np.where(_taken_by(a, b, taken, len(room)) < room, len(ranking), -1)
    ranks = np.flatnonzero(is_taken)
    np.maximum.at(worst, first[ranks], ranks)
    np.maximum.at(worst, second[ranks], ranks)
    worst[room == 0] = -1
    rather = np.arange(len(ranking)) < np.minimum(worst[first], worst[second])
    return int(np.count_nonzero(rather & ~is_taken))


def _taken_by(a: Slots, b: Slots, taken: Ints, members: int) -> Ints:
    return np.bincount(np.concatenate((a[taken], b[taken])), minlength=members)
