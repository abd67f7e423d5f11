"""Groups, their seats, and who sits in them on a day.

A seat is one profession in one group: no group has two of a trade, as such networks agree. Members come to a seat one
after the other; member number = seat + generation * seats, so that who a member is follows from the number alone.
"""

from dataclasses import dataclass, field

import numpy as np

from services.simulate.dice import Numbers, dice, pick
from services.simulate.subjects import PROFESSIONS

SMALLEST_GROUP, MEAN_GROUP, LARGEST_GROUP = 20, 30, 40  # members, as entrepreneurs' networks keep them
SPARE_SEATS = 4  # trades that a group still looks for when the simulation begins
GROUPS_PER_REGION = 6  # who meet at the same open evenings
OLDEST_DAYS = 1_095  # how long before the first day the oldest groups were founded
RENEWAL = 166  # of 256: 65 % renew their year; directors tell of 47 to 60 % (PRODUCT.md), the settled renew more often
CLOSING = 12  # of 1,000 groups close in a year
CLOSING_FROM = 10  # groups; a smaller network would feel it
FOUNDING = 40  # one group more for so many, some time in the first two years
NEVER = 1 << 30
YEAR = 365


@dataclass(frozen=True, slots=True)
class Layout:
    """What does not change: the groups with their days (relative to the first day of the simulation) and seats."""

    seed: int
    members: int
    group_founded: Numbers  # day
    group_closed: Numbers  # day, or NEVER
    group_weekday: Numbers  # 0 is Monday
    group_minute: Numbers  # of the day, local time
    first_seat: Numbers  # per group, and one more
    occupied: Numbers  # how many of its seats are taken when the simulation begins
    seat_group: Numbers
    seat_profession: Numbers

    @property
    def groups(self) -> int:
        return len(self.group_founded)

    @property
    def seats(self) -> int:
        return len(self.seat_group)

    def region(self, group: int) -> int:
        return group // GROUPS_PER_REGION

    def seats_of(self, group: int) -> range:
        return range(int(self.first_seat[group]), int(self.first_seat[group + 1]))


def layout(seed: int, members: int) -> Layout:
    """The groups and seats of a network that begins with exactly `members` members. ValueError: fewer than 40."""
    if members < 2 * SMALLEST_GROUP:
        raise ValueError(f"a network of {members} members is too small; at least {2 * SMALLEST_GROUP}: two groups")
    sizes = _sizes(seed, members)
    started = len(sizes)
    later = started // FOUNDING
    sizes = np.concatenate([sizes, np.zeros(later, np.int64)])
    groups = np.arange(started + later)
    founded = -1 - pick(dice(seed, "founded", groups), OLDEST_DAYS - 60) - 30
    founded[started:] = 14 + pick(dice(seed, "founded later", groups[started:]), 2 * YEAR)
    closes = 60 + pick(dice(seed, "closed", groups), 1_000 * YEAR // CLOSING)
    seats = np.where(sizes > 0, sizes, MEAN_GROUP) + SPARE_SEATS
    first_seat = np.concatenate([[0], np.cumsum(seats)])
    clock = dice(seed, "meets", groups)
    return Layout(
        seed=seed,
        members=members,
        group_founded=founded,
        group_closed=np.where((closes < founded + 90) | (started < CLOSING_FROM), NEVER, closes),
        group_weekday=np.array([1, 2, 3, 2, 1, 3, 4])[pick(clock, 7)],
        group_minute=np.array([7 * 60, 6 * 60 + 45, 7 * 60 + 15, 12 * 60, 18 * 60 + 30])[pick(clock, 5, 20)],
        first_seat=first_seat,
        occupied=sizes,
        seat_group=np.repeat(groups, seats),
        seat_profession=_professions(seed, seats),
    )


def _sizes(seed: int, members: int) -> Numbers:
    groups = max(2, round(members / MEAN_GROUP))
    sizes = SMALLEST_GROUP + pick(dice(seed, "size", np.arange(groups)), LARGEST_GROUP - SMALLEST_GROUP + 1)
    while missing := members - int(sizes.sum()):
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero(sizes < LARGEST_GROUP if step > 0 else sizes > SMALLEST_GROUP)
        sizes[movable[: abs(missing)]] += step
    return sizes


def _professions(seed: int, seats: Numbers) -> Numbers:
    """Per seat its profession: for each group, the trades in the order of a throw that favours the common ones."""
    common = np.array([profession.common for profession in PROFESSIONS])
    chosen = []
    for start in range(0, len(seats), 4_096):  # in pieces, so that a million members need no matrix of all groups
        groups = np.arange(start, min(start + 4_096, len(seats)))
        throws = pick(dice(seed, "trade", groups[:, None], np.arange(len(common))[None, :]), 1 << 40) // common
        order = np.argsort(throws, axis=1, kind="stable")
        chosen += [row[:count] for row, count in zip(order, seats[groups], strict=True)]
    return np.concatenate(chosen)


@dataclass(slots=True)
class Seats:
    """Who sits where, and from when until when (days). A vacant seat already knows its next member and their day."""

    layout: Layout
    generation: Numbers = field(init=False)
    joins: Numbers = field(init=False)
    leaves: Numbers = field(init=False)

    def __post_init__(self) -> None:
        plan, seats = self.layout, np.arange(self.layout.seats)
        place = seats - plan.first_seat[plan.seat_group]
        founded = plan.group_founded[plan.seat_group]
        throw = dice(plan.seed, "first", seats)
        since = np.where(place < 6, founded, founded + pick(throw, np.maximum(1, -founded)))  # six founders each
        early = np.minimum(since, -1)
        late = np.maximum(founded, 0) + 1 + pick(throw, 300, 20)
        fresh = np.maximum(founded, 0) + np.where(place < 12, 0, 10 + pick(throw, 300, 20))
        begun = plan.occupied[plan.seat_group] > 0
        self.generation = np.zeros(plan.seats, np.int64)
        self.joins = np.where(begun, np.where(place < plan.occupied[plan.seat_group], early, late), fresh)
        self.leaves = self._until(seats)

    def numbers(self) -> Numbers:
        """The member of each seat (or the one to come)."""
        return np.arange(self.layout.seats) + self.generation * self.layout.seats

    def seated(self, day: int) -> np.ndarray:
        """Which seats are taken on a day."""
        return (self.joins <= day) & (day < self.leaves)

    def emptied(self, day: int) -> Numbers:
        """The seats whose member was gone before this day, and that wait for the next."""
        return np.flatnonzero((self.leaves < day) & (self.joins < self.leaves))

    def refill(self, seats: Numbers) -> None:
        """These seats await their next members, if their group lives long enough."""
        self.generation[seats] += 1
        throw = dice(self.layout.seed, "vacant", seats, self.generation[seats])
        joins = self.leaves[seats] + 14 + pick(throw, 70)
        closed = self.layout.group_closed[self.layout.seat_group[seats]]
        self.joins[seats] = np.where(joins < closed - 30, joins, NEVER)
        self.leaves[seats] = self._until(seats)

    def _until(self, seats: Numbers) -> Numbers:
        """The day each member leaves: at the end of a year that was not renewed, and never before the first weeks of
        the simulation, which is told of those who were there."""
        joins = self.joins[seats]
        throw = dice(self.layout.seed, "renewal", seats, self.generation[seats])
        years = np.maximum(1, (14 - joins) // YEAR + 1)
        renewing = np.ones(len(seats), bool)
        for shift in range(0, 56, 8):
            renewing &= pick(throw, 256, shift) < RENEWAL
            years += renewing
        leaves = joins + years * YEAR - pick(throw, 12, 56)
        return np.minimum(np.maximum(leaves, 3), self.layout.group_closed[self.layout.seat_group[seats]] - 1)
