"""The events behind how a member takes part (conduct.py), by how much each still counts; of the day, as it is."""

from collections.abc import Iterator
from typing import Any

from matcher.conduct import CAME_DAYS, CAME_HALF_LIFE_DAYS, INTRODUCED_HALF_LIFE_DAYS, LOAD_DAYS
from matcher.introductions import Suggestion, suggestions_of
from matcher.standing import spells
from matcher.tables import fade_one
from matcher.told import Told, Weighed, meeting_events, suggestion_events
from matcher.world import Register, World
from schemas.instants import DAY_US, day_of, parse_canonical


class OfConduct:
    """What tells how one member took part until a day began."""

    def __init__(self, world: World, member_id: str, today: int) -> None:
        self._world, self._member_id, self._today = world, member_id, today

    def _is_told(self, register: Register | None) -> bool:
        return register is not None and day_of(register[0]) < self._today

    # --- meetings -----------------------------------------------------------------------------------------------------

    def meetings(self) -> Iterator[Weighed]:
        """The meetings of their own groups since they joined, also those that they missed; and what says when they
        were in a group that met."""
        joined = self._joined_days()
        for meeting_id, cells in self._world.tables["meetings"].items():
            group_id, attended = cells.get("group_id"), cells.get("attendee_ids")
            if "held" in cells and group_id and attended and self._is_told(group_id) and self._is_told(attended):
                day = self._day_of_meeting(cells)
                since = joined.get(group_id[4])
                if self._today - CAME_DAYS <= day < self._today:
                    yield from self._times_in(group_id[4])
                    if since is not None and since <= day:
                        faded = fade_one(self._today - day, CAME_HALF_LIFE_DAYS)
                        yield from ((faded, told) for told in meeting_events(self._world, meeting_id))

    def _times_in(self, group_id: str) -> Iterator[Weighed]:
        for register in self._world.tables["memberships"].get(self._member_id, {}).values():
            if register[4][0] == group_id:
                yield 0, Told.by(register, "member.joined" if register[4][1] else "member.left")

    def _joined_days(self) -> dict[str, int]:
        """The first day of each group that they were in as the day began."""
        began = self._today * DAY_US
        return {
            each.group_id: day_of(each.start)
            for each in spells(self._world, self._member_id)
            if each.start < began <= each.end
        }

    def _day_of_meeting(self, cells: dict[str, Any]) -> int:
        held_at = cells.get("held_at")
        if held_at and held_at[4] and self._is_told(held_at):
            return day_of(parse_canonical(held_at[4]))
        return day_of(cells["held"][0])

    # --- introductions ------------------------------------------------------------------------------------------------

    def replies(self) -> Iterator[Weighed]:
        """Their answers to suggestions, and each suggestion that they let pass."""
        yield from self.answers()
        for one in self._suggestions():
            if self._first_answer(one) is None and self._is_over(one):
                yield from self._each(one, self._faded(one))

    def answers(self) -> Iterator[Weighed]:
        """Their first answer to each suggestion, if it came in time, and the suggestion."""
        for one in self._suggestions():
            answer = self._first_answer(one)
            if answer is not None and self._is_told(answer):
                yield self._faded(one), Told.by(answer, f"introduction.{answer[4][0]}")
                yield from self._each(one, max(0, self._faded(one) - 1))

    def suggestions_of_late(self) -> Iterator[Weighed]:
        """The suggestions of the last four weeks, the youngest first."""
        for one in self._suggestions():
            if self._today - LOAD_DAYS <= day_of(one.since) < self._today:
                yield from self._each(one, one.since)

    def ratings(self) -> Iterator[Weighed]:
        """What whoever met them said of it, the youngest first."""
        for one in self._suggestions():
            rated = self._cells(one).get(f"rated {one.other(self._member_id)}")
            if rated is not None and self._is_told(rated):
                yield rated[0], Told.by(rated, "introduction.rated")
                yield from self._each(one, one.since)

    def _suggestions(self) -> list[Suggestion]:
        return suggestions_of(self._world, self._member_id)

    def _cells(self, one: Suggestion) -> dict[str, Register]:
        return self._world.tables["introductions"][one.introduction_id]

    def _each(self, one: Suggestion, weight: int) -> Iterator[Weighed]:
        yield from ((weight, told) for told in suggestion_events(self._world, one.introduction_id))

    def _faded(self, one: Suggestion) -> int:
        return fade_one(self._today - day_of(one.since), INTRODUCED_HALF_LIFE_DAYS)

    def _first_answer(self, one: Suggestion) -> Register | None:
        told = [
            register
            for key, register in self._cells(one).items()
            if key.startswith("answer:") and key.split(" ")[1] == self._member_id and register[0] <= one.until
        ]
        return min(told, key=lambda register: register[:4], default=None)

    def _is_over(self, one: Suggestion) -> bool:
        """Whether their time to answer was up, and nothing else had ended it before."""
        closed = self._cells(one).get("closed")
        return day_of(one.until) < self._today and (closed is None or closed[0] >= one.until)
