"""A workspace of the kernels: room for one member's sums over everybody, left clean behind each list and used again.
Whoever runs kernels in several threads gives each its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matcher import kernels
from matcher.crossing import Crossing, crossed
from matcher.features import OF_TEXT
from matcher.field import Barred, Field, Worth, range_of_fits
from matcher.strands import Strand
from matcher.tables import Ints

_NO_TONGUES = np.zeros(0, dtype=np.bool_)


class Space(NamedTuple):
    """What a kernel writes to; flat, as it takes it."""

    sums: Ints  # (slots, columns of OF_TEXT), in thousandths
    touched: NDArray[np.int32]  # slots
    fits: NDArray[np.int32]  # beside them
    barred: NDArray[np.uint8]  # by slot
    counts: Ints  # how many have a fit of `least` and so much
    least: int


def space_for(members: int) -> Space:
    """A clean one, with room for some who join later."""
    room, (least, greatest) = members + members // 8, range_of_fits()
    touched, fits = np.zeros((2, room), dtype=np.int32)
    sums, counts = np.zeros((room, len(OF_TEXT)), dtype=np.int64), np.zeros(greatest - least + 1, dtype=np.int64)
    return Space(sums, touched, fits, np.zeros(room, dtype=np.uint8), counts, least)


@contextmanager
def borrowed(spaces: list[Space], members: int) -> Iterator[Space]:
    """One of these, or a new one; given back once its list is made. (Not after an error: it may not be clean.)"""
    space = spaces.pop() if spaces else space_for(members)
    if len(space.sums) < members:
        space = space_for(members)
    yield space
    spaces.append(space)


def pool_of(field: Field, space: Space, strands: list[Strand], barred: Barred) -> tuple[Ints, Ints]:
    """The slots of a pool in rising order, and what their strands come to."""
    count = 0
    for column, slots, amounts, factor in strands:
        count = kernels.add(slots, amounts, factor, column, space.sums, space.touched, count)
    strange = barred.tongues if barred.tongues.any() else _NO_TONGUES
    slots, values = kernels.choose(field, space, count, barred.slots, strange)
    return slots, values


def pools_of(
    field: Field, space: Space, crossing: Crossing, members: Ints, barred: list[Barred]
) -> tuple[Ints, Ints, Ints]:
    """The pools of some members for what they look for as they stand, row by row: members, slots, and sums."""
    starts = np.cumsum([0, *(len(each.slots) for each in barred)])
    never = np.concatenate([each.slots for each in barred])
    strange = np.array([each.tongues for each in barred])
    strange = strange if strange.any() else np.zeros((len(members), 0), dtype=np.bool_)
    width = field.personal + len(field.shared)
    chosen, sizes = np.zeros((len(members), width), dtype=np.int64), np.zeros(len(members), dtype=np.int64)
    values = np.zeros((len(members), width, len(OF_TEXT)), dtype=np.int64)
    kernels.choose_each(field, space, crossing, members, starts, never, strange, chosen, values, sizes)
    is_there = np.arange(width) < sizes[:, None]
    return np.repeat(members, sizes), chosen[is_there], values[is_there]


def warm_up() -> None:
    """Compiles every kernel, or loads what was compiled before: makes the smallest lists there are."""
    one, nobody = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    worth = np.zeros(1, dtype=np.int32)
    bins = Worth(nobody, worth, worth)
    field = Field(worth, one, one.astype(np.uint64), np.ones(1, dtype=np.bool_), nobody, one, bins, bins, 1)
    table = csr_array((worth, worth, np.arange(2)), shape=(1, 1))
    barred, space = Barred(nobody, np.zeros(1, dtype=np.bool_)), space_for(1)
    pool_of(field, space, [Strand(0, one, one, 1)], barred)
    pools_of(field, space, crossed(table, table, np.zeros(1, dtype=np.uint8)), one, [barred])
    kernels.walk(one, one, one, one, one.copy(), one.copy(), one.copy())
