"""What lists are measured against: reading every posting once and doing nothing, and the scan that a build would need
that keeps everybody's lists and repairs them at each edit.

That scan (MATCHER.md) goes once through all that ties whoever edited something to others, subjects and words, since a
pair has one score: what it comes to for each other is compared with the least that is on their list. It cannot be cut
short as a list of one's own can, because everybody else's least is another.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
import numpy as np
from numba import njit

from matcher.crossing import Crossing
from matcher.field import STRETCH, Field
from matcher.kernels import _points
from matcher.tables import Ints


def strands_of(crossing: Crossing, member: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Of one member: where the postings of each of their terms begin and end, how much of it, and its column."""
    starts = (crossing.seeks_starts, crossing.gives_starts)
    seeks, gives = (slice(start[member], start[member + 1]) for start in starts)
    sought, given = crossing.seeks_terms[seeks], crossing.gives_terms[gives]
    return (
        np.concatenate((crossing.given_starts[sought], crossing.sought_starts[given])),
        np.concatenate((crossing.given_starts[sought + 1], crossing.sought_starts[given + 1])),
        np.concatenate((crossing.seeks_strengths[seeks], crossing.gives_worths[gives])).astype(np.int64),
        np.concatenate((crossing.is_word[sought], 2 + crossing.is_word[given])).astype(np.int64),
    )


@njit(nogil=True)
def read_once(slots, amounts, begins, ends):
    """Adds up everything that is read, and nothing else."""
    total = 0
    for strand in range(len(begins)):
        for posting in range(begins[strand], ends[strand]):
            total += slots[posting] ^ amounts[posting]
    return total


@njit(nogil=True)
def repair(slots, amounts, begins, ends, factors, columns, prior, own, subjects, words, floors, sums, held):
    """How many lists the member is on now: of whom their fit is no less than the least on the list (`held`)."""
    cursors, count, stretch = begins.copy(), 0, len(sums)
    for begin in range(0, len(prior), stretch):
        end = min(begin + stretch, len(prior))
        for strand in range(len(begins)):
            place, behind, factor, column = cursors[strand], ends[strand], factors[strand], columns[strand]
            while place < behind and slots[place] < end:
                sums[slots[place] - begin, column] += factor * amounts[place]
                place += 1
            cursors[strand] = place
        for slot in range(begin, end):
            of_slot = sums[slot - begin]
            fit = own
            if of_slot[0] | of_slot[2]:
                fit += _points(of_slot[0], subjects.edges, subjects.points, subjects.begins)
                fit += _points(of_slot[2], subjects.edges, subjects.points, subjects.begins)
            if of_slot[1] | of_slot[3]:
                fit += _points(of_slot[1], words.edges, words.points, words.begins)
                fit += _points(of_slot[3], words.edges, words.points, words.begins)
            if fit >= floors[slot]:
                held[count] = slot
                count += 1
        sums[:] = 0
    return count


class Repairing:
    """Lists that are kept, as far as an edit must look through them: the least fit on each."""

    def __init__(self, field: Field, crossing: Crossing, floors: Ints) -> None:
        self._field, self._crossing, self._floors = field, crossing, floors
        self._sums, self._held = np.zeros((STRETCH, 4), dtype=np.int64), np.zeros(len(field.prior), dtype=np.int32)

    def edited(self, member: int) -> int:
        """On how many lists a member is after an edit; members are places in the crossing's order."""
        field, crossing = self._field, self._crossing
        strands = strands_of(crossing, member)
        own = int(field.prior[member])
        of_text = field.subjects, field.words
        return int(
            repair(
                crossing.slots,
                crossing.amounts,
                *strands,
                field.prior,
                own,
                *of_text,
                self._floors,
                self._sums,
                self._held,
            )
        )
