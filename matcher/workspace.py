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
from matcher.field import STRETCH, Barred, Field, Worth, range_of_fits
from matcher.strands import STRENGTH_ONE, Strand
from matcher.tables import Ints

ROWS = 32  # members whose subjects are added up together, each with 16 bytes for whomever could be on the list
_NO_TONGUES = np.zeros(0, dtype=np.bool_)


class Space(NamedTuple):
    """What a kernel writes to, flat, as it takes it; it leaves clean what another list must find clean. What has rows
    is of some members whose subjects are added up together."""

    helps: NDArray[np.int32]  # by slot of a stretch: what they give of the subjects sought, in thousandths
    helped: NDArray[np.int32]  # and what they seek of those given
    enough: NDArray[np.uint8]  # by slot of the stretch, whether these are worth a look
    enough_of_eight: NDArray[np.uint64]  # the same memory
    eights: NDArray[np.int32]  # the eights in which somebody's are
    floors: Ints  # by row, a fit that as many as a list is long have at least
    slacks: Ints  # by row, the points that words can add
    reaches: Ints  # by row, the points that subjects and words can add
    is_capped: NDArray[np.bool_]  # by row, whether sums may be too large for 32 bits
    counts: Ints  # by row, how many have a fit of `least` and so much
    found: Ints  # by row, how many are written down
    found_slots: NDArray[np.int32]
    found_fits: NDArray[np.int32]
    found_sums: NDArray[np.int32]  # (rows, found, both ways), of subjects
    candidates: Ints  # how many there are
    slots: NDArray[np.int32]
    fits: NDArray[np.int32]
    sums: Ints  # (candidates, columns of OF_TEXT), in thousandths
    barred: NDArray[np.uint8]  # by slot
    bits: NDArray[np.int32]  # by slot, whether a candidate
    places: NDArray[np.int32]  # by slot, of candidates: where it is found
    least: int


class Bundle(NamedTuple):
    """The strands of some members, flat: `slots` and `amounts` of all; by row where its strands start, and where those
    of its words do; and by strand where its own begin and end, its factor and column, and its greatest amount."""

    slots: NDArray[np.int32]
    amounts: NDArray[np.int32]
    starts: Ints
    words: Ints
    begins: Ints
    ends: Ints
    factors: Ints
    columns: Ints
    most: Ints


def space_for(members: int, rows: int = ROWS) -> Space:
    """A clean one, with room for some who join later."""
    room, (least, greatest) = members + members // 8 + 1, range_of_fits()
    enough = np.zeros(STRETCH, dtype=np.uint8)
    floors, slacks, reaches, found = np.zeros((4, rows), dtype=np.int64)
    helps, helped = np.zeros((2, STRETCH), dtype=np.int32)
    places, slots, fits = np.zeros((3, room), dtype=np.int32)
    found_slots, found_fits = np.zeros((2, rows, room), dtype=np.int32)
    return Space(
        helps=helps,
        helped=helped,
        enough=enough,
        enough_of_eight=enough.view(np.uint64),
        eights=np.zeros(STRETCH // 8 + 1, dtype=np.int32),
        floors=floors,
        slacks=slacks,
        reaches=reaches,
        is_capped=np.zeros(rows, dtype=np.bool_),
        counts=np.zeros((rows, greatest - least + 1), dtype=np.int64),
        found=found,
        found_slots=found_slots,
        found_fits=found_fits,
        found_sums=np.zeros((rows, room, 2), dtype=np.int32),
        candidates=np.zeros(1, dtype=np.int64),
        slots=slots,
        fits=fits,
        sums=np.zeros((room, len(OF_TEXT)), dtype=np.int64),
        barred=np.zeros(room, dtype=np.uint8),
        bits=np.zeros(room // 32 + 1, dtype=np.int32),
        places=places,
        least=least,
    )


@contextmanager
def borrowed(spaces: list[Space], members: int) -> Iterator[Space]:
    """One of these, or a new one; given back once its list is made. (Not after an error: it may not be clean.)"""
    space = spaces.pop() if spaces else space_for(members)
    if len(space.barred) < members:
        space = space_for(members)
    yield space
    spaces.append(space)


def pool_of(field: Field, space: Space, strands: list[Strand], barred: Barred) -> tuple[Ints, Ints]:
    """The slots of a pool in rising order, and what their strands come to."""
    of_subjects = [strand for strand in strands if not strand.is_of_words()]
    of_words = [strand for strand in strands if strand.is_of_words()]
    strange = barred.tongues if barred.tongues.any() else _NO_TONGUES
    bundle = _bundled(of_subjects + of_words, len(of_subjects))
    slots, sums = kernels.choose(field, space, bundle, np.sort(barred.slots), strange[None])
    return slots, sums // STRENGTH_ONE


def _bundled(strands: list[Strand], subjects: int) -> Bundle:
    """The strands of one member, those of subjects first."""
    nothing = np.zeros(0, dtype=np.int32)
    ends = np.cumsum([0, *(len(strand.slots) for strand in strands)])
    slots = np.concatenate([nothing, *(strand.slots for strand in strands)], dtype=np.int32, casting="unsafe")
    amounts = np.concatenate([nothing, *(strand.amounts for strand in strands)], dtype=np.int32, casting="unsafe")
    of_each = [(strand.factor, strand.column, strand.amounts.max(initial=0)) for strand in strands]
    by_strand = np.array(of_each, dtype=np.int64).reshape(-1, 3).T.copy()
    starts, words = np.array([0, len(strands)]), np.array([subjects])
    return Bundle(slots, amounts, starts, words, ends[:-1], ends[1:], *by_strand)


def pools_of(
    field: Field, space: Space, crossing: Crossing, members: Ints, barred: list[Barred]
) -> tuple[Ints, Ints, Ints]:
    """The pools of some members for what they look for as they stand, row by row: members, slots, and sums. The field
    is in the crossing's order."""
    starts, places = np.cumsum([0, *(len(each.slots) for each in barred)]), crossing.places
    never = places[np.concatenate([each.slots for each in barred])]
    strange = np.array([each.tongues for each in barred])
    strange = strange if strange.any() else np.zeros((len(members), 0), dtype=np.bool_)
    width = field.personal + len(field.shared)
    chosen, sizes = np.zeros((len(members), width), dtype=np.int64), np.zeros(len(members), dtype=np.int64)
    values = np.zeros((len(members), width, len(OF_TEXT)), dtype=np.int64)
    theirs = places[members]
    of_each = [each[theirs + 1] - each[theirs] for each in (crossing.seeks_starts, crossing.gives_starts)]
    most = int(np.sum(of_each, axis=0).max())
    rows, strands = np.zeros(ROWS + 1, dtype=np.int64), np.zeros((5, ROWS * most), dtype=np.int64)
    bundle = Bundle(crossing.slots, crossing.amounts, rows, rows[1:].copy(), *strands)
    weights = np.zeros((len(crossing.is_word), 2), dtype=np.int64)
    kernels.choose_each(field, space, bundle, crossing, theirs, never, starts, strange, weights, chosen, values, sizes)
    is_there = np.arange(width) < sizes[:, None]
    return np.repeat(members, sizes), chosen[is_there], values[is_there] // STRENGTH_ONE


def warm_up() -> None:
    """Compiles every kernel, or loads what was compiled before: makes the smallest lists there are."""
    one, nobody = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    worth, table = np.zeros(1, dtype=np.int32), csr_array((1, 1), dtype=np.int32)
    bins = Worth(nobody, worth, worth)
    field = Field(worth, one, worth, one.astype(np.uint64), np.ones(1, dtype=np.bool_), nobody, one, bins, bins, 1)
    barred, space = Barred(nobody, np.zeros(1, dtype=np.bool_)), space_for(1)
    pool_of(field, space, [Strand(0, one, one, 1)], barred)
    pools_of(field, space, crossed(table, table, np.zeros(1, dtype=np.uint8), one), one, [barred])
    kernels.walk(worth, worth, one, one, one.copy(), one.copy(), one.copy())
