"""What members made of the introductions that were suggested to them, one row a side, read off the world.

Of whom something new is known is read again when somebody asks, so that neither the order of arrival, nor what was put
right or erased, makes a difference.
"""

from typing import NamedTuple

from matcher.introductions import Suggestion, answers_to, suggestions_of
from matcher.roster import Roster
from matcher.rows import Owned
from matcher.tables import Ints
from matcher.world import World
from schemas.instants import day_of

NEVER = 1 << 40  # a day that never comes


class Side(NamedTuple):
    """One side of a suggestion, as columns; days are UTC days, and NEVER where it did not happen."""

    slot: Ints
    suggested: Ints  # the day of the round
    answered: Ints  # the day of their first answer, if it came in time
    accepted: Ints  # 1 where that was a yes
    let_pass: Ints  # the day on which time was up without a word of theirs
    rated: Ints  # the day on which the other rated having met them
    rating: Ints  # 1 to 5; 0: not rated


class Dealings:
    """The sides of all suggestions that ever counted, by slot of the roster."""

    def __init__(self, world: World, roster: Roster) -> None:
        self._world, self._roster = world, roster
        self._sides = Owned(len(Side._fields))
        self._to_read: set[str] = set(world.suggested)

    def touch(self, table: str, owner: str, key: str) -> None:
        """Something was said, put right, or taken out: of whom it may say something here is to be read again."""
        if table == "introductions":
            self._to_read.update(key.split(" ")[1:])
            self._touch_both(owner)
        elif table == "rounds":
            for introduction_id in self._world.suggested_in.get(owner, ()):
                self._touch_both(introduction_id)

    def _touch_both(self, introduction_id: str) -> None:
        for key in self._world.tables["introductions"].get(introduction_id, {}):
            if key.startswith("suggested "):
                self._to_read.update(key.split(" ")[1:])

    def erase(self, slot: int) -> None:
        """Forgets a member of whom the world has forgotten everything, after all that named them was touched."""
        self._sides.put(slot, [])

    def sides(self) -> Side:
        """All sides, with every change taken in."""
        for member_id in sorted(self._to_read - self._world.erased):
            slot = self._roster.slot(member_id)
            rows = [(slot, *self._side(one, member_id)) for one in suggestions_of(self._world, member_id)]
            self._sides.put(slot, rows)
        self._to_read.clear()
        return Side(*self._sides.columns())

    def _side(self, one: Suggestion, member_id: str) -> tuple[int, ...]:
        mine = [
            answer
            for answer in answers_to(self._world, one)
            if answer.member_id == member_id and answer.time <= one.until
        ]
        cells = self._world.tables["introductions"][one.introduction_id]
        rated, closed = cells.get(f"rated {one.other(member_id)}"), cells.get("closed")
        ended_early = closed is not None and closed[0] < one.until  # they were kept from answering
        return (
            day_of(one.since),
            day_of(mine[0].time) if mine else NEVER,
            int(bool(mine) and mine[0].said == "accepted"),
            NEVER if mine or ended_early else day_of(one.until),
            day_of(rated[0]) if rated else NEVER,
            (rated[4] or 0) if rated else 0,
        )
