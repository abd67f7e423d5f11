"""Candidates: whom a member might be introduced to. One function for rounds, `ask` and backtests, so that what is
measured is what is served.

1. Everybody of another group who is there, has room, and is not excluded by a rule (rules.py) is *eligible*.
2. A personal list: the best by *fit*, which is the text features both ways and each member's prior of the day, with
   the points of the card by hand.
3. Three short lists that all share: the most active, the last heard of, and the newest (the day's).
4. The pool is their union, less whoever is not eligible.

It is read off what touches the member (strands.py) and the order of the day (field.py), by arrays where a network is
small (sparse.py) or the kernels are still being compiled, and by kernels where it is large (workspace.py). Both say the
same.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher import sparse
from matcher.features import OF_TEXT, of_pair
from matcher.field import Barred, Field, Sizes, field_of, in_order
from matcher.needs import Need
from matcher.policy import Policy
from matcher.reading import Reading
from matcher.rules import apart_otherwise
from matcher.strands import strands_of
from matcher.tables import Ints

if TYPE_CHECKING:
    from matcher.crossing import Crossing

# Lists of 240 hold .94 of the relevant. 1,200 and 400 hold .96, but change no place of ten, and nobody who is found
# among fifty, for a sixth more time (ARCHITECTURE.md, "The sizes of a pool").
OF_ASK = Sizes(personal=400, shared=240)
LARGE = 2_000  # members, from whom on kernels are worth loading
MANY = 100  # of so many members one who wants a pool: worth it to read everybody's terms at once
BLOCK_MEMBERS = 250  # of whom each may be kept apart from everybody of a large group: 100 MB with 50,000
Spread = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # `map`, or the like of a pool of threads


def of_round(policy: Policy) -> Sizes:
    """The sizes that a round's policy says."""
    return Sizes(policy.personal, policy.shared)


class Pool(NamedTuple):
    """A member's candidates: slots in rising order, and what is measured between the two, the features of text and
    pair."""

    slots: Ints
    between: dict[str, Ints]


class Pools:
    """The pools of many members at one instant; `available` says by slot who is there with room."""

    def __init__(self, reading: Reading, sizes: Sizes, available: NDArray[np.bool_]) -> None:
        self._reading, self._field = reading, field_of(reading, sizes, available)

    def of(self, slot: int, need: Need) -> Pool:
        """The candidates of one member for a need."""
        slots, text = self._of(slot, need)
        return Pool(slots, dict(zip(OF_TEXT, text.T, strict=True)) | of_pair(self._reading, slot, slots))

    def _of(self, slot: int, need: Need) -> tuple[Ints, Ints]:
        strands, barred = list(strands_of(self._reading, slot, need)), barred_from(self._reading, slot)
        if not self._by_kernels():
            return sparse.pool_of(self._field, strands, barred)
        from matcher import workspace  # loads numba

        with workspace.borrowed(self._reading.index.spaces, self._reading.members) as space:
            return workspace.pool_of(self._field, space, strands, barred)

    def of_each(self, members: Ints, spread: Spread = map) -> Iterable["Block"]:
        """The candidates of many members, for what they look for as they stand, in blocks and with as many threads as
        are lent; which block or thread makes a pool changes nothing in it."""
        blocks = [members[begin : begin + BLOCK_MEMBERS] for begin in range(0, len(members), BLOCK_MEMBERS)]
        if not self._by_kernels() or len(members) < self._reading.members // MANY:
            return map(self._one_by_one, blocks)  # reading is for one thread
        from matcher.crossing import crossing_of  # loads scipy

        field, crossing = in_order(self._field), crossing_of(self._reading, self._field.order)
        return spread(lambda block: self._at_once(field, crossing, block), blocks)

    def _by_kernels(self) -> bool:
        return self._reading.members >= LARGE and not self._reading.index.by_arrays

    def _one_by_one(self, members: Ints) -> "Block":
        pools = [self._of(slot, self._reading.need(slot)) for slot in members.tolist()]
        sizes = [len(slots) for slots, _ in pools]
        return Block(
            np.repeat(members, sizes),
            np.concatenate([slots for slots, _ in pools]),
            np.concatenate([text for _, text in pools]),
        )

    def _at_once(self, field: Field, crossing: "Crossing", members: Ints) -> "Block":
        from matcher import workspace  # loads numba

        barred = [barred_from(self._reading, slot) for slot in members.tolist()]
        with workspace.borrowed(self._reading.index.spaces, self._reading.members) as space:
            return Block(*workspace.pools_of(field, space, crossing, members, barred))


class Block(NamedTuple):
    """The pools of some members, row by row: a member, one of their candidates (slots, in rising order for each), and
    the features of OF_TEXT in columns."""

    members: Ints
    others: Ints
    text: Ints


def barred_from(reading: Reading, slot: int) -> Barred:
    """Whom this member never meets: themselves, whoever was in one group with them at the same time, whom they know,
    whoever was suggested to them before, blocked either way, or vetoed."""
    roster = reading.index.roster
    apart = apart_otherwise(reading.index.world, roster.ids[slot], reading.at).values()
    others = [roster.slots[other] for each in apart for other in each if other in roster.slots]
    slots = np.concatenate((np.array([slot, *others], dtype=np.int64), reading.companions(slot)))
    return Barred(slots, roster.strange_tongues(roster.ids[slot]))
