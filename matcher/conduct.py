"""How members take part: whether they come to their own group's meetings, and what they make of introductions.

Of the day: what was told before 00:00 UTC, since none of it changes within the hour. Each number is drawn towards what
is usual while little is known.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.dealings import Side
from matcher.roster import Roster
from matcher.standing import spells
from matcher.tables import ONE, Ints, fade
from matcher.world import Register, World
from schemas.instants import DAY_US, day_of, parse_canonical

CAME_HALF_LIFE_DAYS, CAME_DAYS = 14, 98  # after seven half-lives nothing is left
INTRODUCED_HALF_LIFE_DAYS = 60
LOAD_DAYS = 28
USUALLY_CAME, USUALLY_REPLIES, USUALLY_ACCEPTS = 750, 750, 500  # thousandths, of whom nothing is known
USUAL_RATING = 350  # hundredths of a star
_DAYS = 1 << 20  # more than any day's number


class _Spells(NamedTuple):
    """Who is in which group now (a number), and since which day; ordered by slot and group."""

    slots: Ints
    groups: Ints
    since: Ints


class _Meetings(NamedTuple):
    """The groups' meetings of late: which group, on which day; and who came (a slot) to which of them (its place)."""

    groups: Ints
    days: Ints
    came: Ints
    to: Ints


class Conduct:
    """By slot, as of a day."""

    def __init__(self, world: World, roster: Roster, sides: Side, today: int) -> None:
        self._world, self._roster, self._today = world, roster, today
        self._sides = sides

    @property
    def _members(self) -> int:
        return len(self._roster)

    # --- meetings -----------------------------------------------------------------------------------------------------

    @cached_property
    def came(self) -> Ints:
        """To how many of their own groups' meetings they came, since they joined, in thousandths; recent ones count
        more."""
        rows = self._spells_of_today()
        numbers = {group_id: number for number, group_id in enumerate(sorted({group_id for _, group_id, _ in rows}))}
        spells_ = _Spells(*_columns(sorted((slot, numbers[group_id], since) for slot, group_id, since in rows), 3))
        meetings = self._meetings(numbers)
        held = np.bincount(spells_.slots, _held(spells_, meetings, self._today), self._members).astype(np.int64)
        there = _there(spells_, meetings, self._today, self._members)
        return (1_000 * there + USUALLY_CAME * ONE) // (held + ONE)

    def _spells_of_today(self) -> list[tuple[int, str, int]]:
        """Slot, group and first day of whoever was in a group as the day began."""
        began = self._today * DAY_US
        return [
            (slot, spell.group_id, day_of(spell.start))
            for member_id, slot in self._roster.slots.items()
            for spell in spells(self._world, member_id)
            if spell.start < began <= spell.end
        ]

    def _meetings(self, numbers: dict[str, int]) -> _Meetings:
        held: list[tuple[int, int]] = []
        came: list[tuple[int, int]] = []
        for cells in self._world.tables["meetings"].values():
            group_id, attendees = (self._told(cells.get(key)) for key in ("group_id", "attendee_ids"))
            if group_id in numbers and attendees is not None and "held" in cells:
                held_at = self._told(cells.get("held_at"))
                day = day_of(parse_canonical(held_at)) if held_at else day_of(cells["held"][0])
                if self._today - CAME_DAYS <= day < self._today:
                    slots = [self._roster.slots[each] for each in attendees if each in self._roster.slots]
                    came += [(slot, len(held)) for slot in slots]
                    held.append((numbers[group_id], day))
        return _Meetings(*_columns(held, 2), *_columns(came, 2))

    def _told(self, register: Register | None) -> Any:
        """What a register holds, if that had been told as the day began."""
        return register[4] if register and day_of(register[0]) < self._today else None

    # --- introductions ------------------------------------------------------------------------------------------------

    @cached_property
    def replies(self) -> Ints:
        """How many of the suggestions of late they answered, in thousandths."""
        sides, today = self._sides, self._today
        answered = self._faded(sides.answered < today)
        let_pass = self._faded(sides.let_pass < today)
        return (1_000 * answered + USUALLY_REPLIES * 2 * ONE) // (answered + let_pass + 2 * ONE)

    @cached_property
    def accepts(self) -> Ints:
        """How many of those that they answered they accepted, in thousandths."""
        answered = self._sides.answered < self._today
        accepted = self._faded(answered & (self._sides.accepted == 1))
        return (1_000 * accepted + USUALLY_ACCEPTS * 2 * ONE) // (self._faded(answered) + 2 * ONE)

    @cached_property
    def rated(self) -> Ints:
        """What whoever met them gave, 100 to 500."""
        told = self._sides.rated < self._today
        count = np.bincount(self._sides.slot[told], minlength=self._members)
        stars = np.bincount(self._sides.slot[told], self._sides.rating[told], self._members).astype(np.int64)
        return (100 * stars + USUAL_RATING * 2) // (count + 2)

    @cached_property
    def load(self) -> Ints:
        """To how many they were suggested in the last four weeks."""
        late = (self._sides.suggested < self._today) & (self._sides.suggested >= self._today - LOAD_DAYS)
        return np.bincount(self._sides.slot[late], minlength=self._members)

    def _faded(self, some: NDArray[np.bool_]) -> Ints:
        slots, ages = self._sides.slot[some], self._today - self._sides.suggested[some]
        return np.bincount(slots, fade(ages, INTRODUCED_HALF_LIFE_DAYS), self._members).astype(np.int64)


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(-1, width).T


def _held(spells_: _Spells, meetings: _Meetings, today: int) -> Ints:
    """For each spell, its group's meetings since it began, faded."""
    keys = meetings.groups * _DAYS + meetings.days
    order = np.argsort(keys, kind="stable")
    keys, faded = keys[order], fade(today - meetings.days[order], CAME_HALF_LIFE_DAYS)
    sums = np.concatenate(([0], faded.cumsum()))
    first = keys.searchsorted(spells_.groups * _DAYS + spells_.since)
    return np.asarray(sums[keys.searchsorted((spells_.groups + 1) * _DAYS)] - sums[first])


def _there(spells_: _Spells, meetings: _Meetings, today: int, members: int) -> Ints:
    """By slot, the meetings of their own groups to which they came, faded."""
    if not len(spells_.slots) or not len(meetings.came):
        return np.zeros(members, dtype=np.int64)
    groups, days = meetings.groups[meetings.to], meetings.days[meetings.to]
    count = int(max(spells_.groups.max(), groups.max())) + 1
    theirs, came = spells_.slots * count + spells_.groups, meetings.came * count + groups
    place = np.minimum(theirs.searchsorted(came), len(theirs) - 1)
    own = (theirs[place] == came) & (spells_.since[place] <= days)
    faded = fade(today - days[own], CAME_HALF_LIFE_DAYS)
    return np.bincount(meetings.came[own], faded, members).astype(np.int64)
