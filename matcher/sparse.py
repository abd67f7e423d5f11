"""A member's list from what touches them, with arrays alone: for networks too small to compile anything for.

Whoever no strand touches has but the points of the day, so that the best of them stand first in the field's order: the
list is the best of the touched and of so many untouched.
"""

import numpy as np
from numpy.typing import NDArray

from matcher.features import OF_TEXT
from matcher.field import Barred, Field
from matcher.rows import distinct
from matcher.strands import STRENGTH_ONE, Strand
from matcher.tables import Ints

Sums = Ints  # (slots, columns of OF_TEXT)


def pool_of(field: Field, strands: list[Strand], barred: Barred) -> tuple[Ints, Sums]:
    """The slots of a pool in rising order, and what their strands come to."""
    touched = _distinct([strand.slots for strand in strands])
    sums = np.zeros((len(touched), len(OF_TEXT)), dtype=np.int64)
    for column, slots, amounts, factor in strands:
        sums[touched.searchsorted(slots), column] += factor * amounts
    candidates = touched[_may_meet(field, barred, touched)]
    untouched = _first_untouched(field, barred, touched)
    fits = field.prior[candidates] + _points(field, sums[touched.searchsorted(candidates)])
    chosen = _best(
        np.concatenate((candidates, untouched)),
        np.concatenate((fits, field.prior[untouched])),
        field.mixes,
        field.personal,
    )
    slots = distinct(np.concatenate((chosen, field.shared[_may_meet(field, barred, field.shared)])))
    return slots, _rows(slots, touched, sums) // STRENGTH_ONE


def _distinct(parts: list[Ints]) -> Ints:
    return distinct(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))


def _points(field: Field, sums: Sums) -> Ints:
    worths = enumerate((field.subjects, field.words, field.subjects, field.words))
    each = [worth.points[worth.edges.searchsorted(sums[:, column], side="right")] for column, worth in worths]
    return np.sum(each, axis=0)


def _may_meet(field: Field, barred: Barred, slots: Ints) -> NDArray[np.bool_]:
    allowed = field.available[slots] & ~np.isin(slots, barred.slots)
    return allowed & ~barred.tongues[field.tongues[slots]] if barred.tongues.any() else allowed


def _first_untouched(field: Field, barred: Barred, touched: Ints) -> Ints:
    """The first of the field whom no strand touches, as many as a list is long."""
    order, found, begin, step = field.order, [np.zeros(0, dtype=np.int64)], 0, 2 * field.personal
    while begin < len(order) and sum(map(len, found)) < field.personal:
        next_ones = order[begin : begin + step]
        free = next_ones[~np.isin(next_ones, touched)]
        found.append(free[_may_meet(field, barred, free)])
        begin, step = begin + step, 2 * step
    return np.concatenate(found)[: field.personal]


def _best(slots: Ints, fits: Ints, mixes: NDArray[np.uint64], count: int) -> Ints:
    """The `count` of greatest fit; ties by the mix of the id."""
    return slots[np.lexsort((mixes[slots], -fits))[:count]]


def _rows(slots: Ints, touched: Ints, sums: Sums) -> Sums:
    """The sums of these slots, of whom some are touched."""
    rows = np.zeros((len(slots), len(OF_TEXT)), dtype=np.int64)
    if len(touched):
        places = touched.searchsorted(slots).clip(max=len(touched) - 1)
        is_touched = touched[places] == slots
        rows[is_touched] = sums[places[is_touched]]
    return rows
