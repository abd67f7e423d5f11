"""A day in the network: who is there, and what happens to them, strand by strand."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from services.simulate.dice import Numbers, dice, pick
from services.simulate.network import OLDEST_DAYS, Layout, Seats, layout
from services.simulate.page import Page
from services.simulate.people import People

WALL = ZoneInfo("Europe/Berlin")


class Stays(NamedTuple):
    """Members, each with the day they joined and the day they leave."""

    number: Numbers
    joins: Numbers
    leaves: Numbers


@dataclass(slots=True)
class Life:
    """The network as it stands on `day`, and the page that its day is written on."""

    plan: Layout
    first: date
    seats: Seats
    people: People
    page: Page
    day: int = 0
    seated: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    presence: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))  # percent; 0 for empty seats and pauses
    paused_until: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    ids: list[str] = field(default_factory=list)  # the member id of each seat's member
    opened: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))  # the day they fill in what they look for
    gone: list[Stays] = field(default_factory=list)  # who left, until somebody takes note
    organiser: dict[int, int] = field(default_factory=dict)  # group -> seat
    second_group: dict[int, int] = field(default_factory=dict)  # seat -> another group they belong to
    unblocks: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # day -> what is taken back
    _ahead_s: int = 0  # of the clocks on German walls before UTC, today
    deals: dict[int, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))  # day -> referral, euros

    @classmethod
    def begin(cls, seed: int, members: int, first: date) -> "Life":
        """A network on the eve of its oldest group. ValueError: too few members, or a first day not a Monday."""
        if first.weekday() != 0:
            raise ValueError(f"a simulation begins on a Monday; {first} is none")
        plan = layout(seed, members)
        seats = Seats(plan)
        life = cls(plan, first, seats, People.of(plan, seats.numbers()), Page(first))
        life.paused_until = np.full(plan.seats, -OLDEST_DAYS * 2)
        life.opened = life._opening(np.arange(plan.seats))
        life.ids = [f"m-{seat + 1}" for seat in range(plan.seats)]
        return life

    def turn(self, day: int) -> None:
        """The calendar goes on; vacated seats wait for their next members."""
        self.day = day
        self.page.turn(day)
        noon = datetime.combine(self.first + timedelta(days=day), time(12), WALL)
        self._ahead_s = int((noon.utcoffset() or timedelta()).total_seconds())
        emptied = self.seats.emptied(day)
        if len(emptied):
            self._refill(emptied)
        self.seated = self.seats.seated(day)
        if day >= 0:
            here = self.seated & (self.paused_until <= day)
            self.presence = np.where(here, self.people.presence(day), 0)

    def _refill(self, emptied: Numbers) -> None:
        self.gone.append(self.stays(emptied))
        self.seats.refill(emptied)
        self.people.put(emptied, People.of(self.plan, self.seats.numbers()[emptied]))
        self.opened[emptied] = self._opening(emptied)
        self.paused_until[emptied] = self.day
        for seat, number in zip(emptied.tolist(), self.people.number[emptied].tolist(), strict=True):
            self.ids[seat] = f"m-{number + 1}"

    def stays(self, seats: Numbers) -> Stays:
        """The members of these seats, with the days they joined and leave."""
        return Stays(self.people.number[seats], self.seats.joins[seats], self.seats.leaves[seats])

    def throw(self, purpose: str, *keys: Any) -> np.ndarray:
        """Dice for this day."""
        return dice(self.plan.seed, purpose, *keys, self.day)

    def chosen(self, purpose: str, per_million: Any, among: np.ndarray | None = None) -> list[int]:
        """Seats that a day's throw picks, each with its chance in millionths."""
        throws = pick(self.throw(purpose, np.arange(self.plan.seats)), 1_000_000)
        return np.flatnonzero((throws < per_million) & (self.seated if among is None else among)).tolist()

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return self.day % 7

    def second(self, local_minute: int) -> int:
        """The second of the day in UTC at which clocks on German walls show this minute."""
        return local_minute * 60 - self._ahead_s

    def _opening(self, seats: Numbers) -> Numbers:
        eve = -1 - pick(dice(self.plan.seed, "opened", seats), 42)  # the weeks in which the network introduces Weft
        return np.maximum(self.seats.joins[seats], eve)


Strand = Callable[[Life], None]
