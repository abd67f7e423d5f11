"""The lines of one day, as other services would publish them: written from templates, put in order by the second.

All text comes from our own tables, which hold neither quotes nor backslashes (a test looks), so it needs no escaping.
"""

from datetime import date, timedelta
from functools import cache
from operator import itemgetter

SECONDS = 86_400
MEMBERS, PROFILES, CALENDAR, CHECKIN, REFERRALS = "/members", "/profiles", "/calendar", "/checkin", "/referrals"


@cache
def clock() -> list[str]:
    """The seconds of a day as text."""
    return [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in range(SECONDS)]


class Page:
    """A day being written. Ids count on from page to page."""

    def __init__(self, first: date) -> None:
        self._first = first
        self._clock = clock()
        self._lines: list[tuple[int, str]] = []
        self._count = 0
        self._day = ""

    def turn(self, day: int) -> None:
        """Begins the page of another day, counted from the first day of the simulation."""
        self._day = self.date(day)

    def date(self, day: int) -> str:
        """A day as text, such as 2024-01-01."""
        return (self._first + timedelta(days=day)).isoformat()

    def instant(self, day: int, second: int) -> str:
        """A second of a day as RFC 3339, UTC."""
        return f"{self.date(day)}T{self._clock[second]}"

    def add(self, second: int, kind: str, source: str, data: str) -> None:
        """One event; `data` is the inside of its JSON object."""
        self._count += 1
        self._lines.append(
            (
                second,
                f'{{"specversion":"1.0","id":"{self._count}","source":"{source}","type":"{kind}",'
                f'"time":"{self._day}T{self._clock[second]}","data":{{{data}}}}}',
            )
        )

    def take(self) -> list[str]:
        """The day's lines in the order of time, taken off the page."""
        self._lines.sort(key=itemgetter(0))
        taken = [line for _, line in self._lines]
        self._lines = []
        return taken
