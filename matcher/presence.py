"""Who was there of late: what is counted of members' talks, signs, needs and answers, faded to a day.

Most of it holds for the whole of a day; during the day only those are counted anew of whom something was told.
"""

from copy import copy
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.history import UNTIMED
from matcher.index import TALKED_AMOUNT, Index
from matcher.tables import ONE, Ints, fade, ln_1p

ACTIVE_HALF_LIFE_DAYS, STEADY_HALF_LIFE_DAYS, LASTING_HALF_LIFE_DAYS = 7, 60, 240  # RELEVANCE.md: act7, act60, act240
SEASON_DAYS, LONGEST_DELAY_DAYS = 90, 30
LONG_AGO_DAYS = 999
MEASURES = (
    "active", "steady", "trend", "days90", "since", "since_asked", "since_gave", "shown", "proven", "found_useful",
    "answers", "firsts", "delay", "minutes",
)  # fmt: skip
USUALLY_ACTIVE = ONE  # a meeting of the own group each week, half a conversation each
_USUAL = 1_000  # amounts are in thousandths


class Told(NamedTuple):
    """Rows that presence is counted from, columns first; the last column of each is the day it was told."""

    acted: Ints  # slot, minutes, day
    attended: Ints  # slot, day, amount
    signs: Ints  # slot
    asks: Ints  # slot
    shown: Ints  # slot
    proven: Ints  # slot
    useful: Ints  # slot
    answers: Ints  # need, days it took, whether it was the first, slot

    @classmethod
    def in_all(cls, index: Index) -> "Told":
        """Everything that the index holds."""
        history = index.history()
        owned = history.acted, history.shown, history.proven, history.useful, history.answers
        acted, shown, proven, useful, answers = (rows.columns() for rows in owned)
        attended, signs, asks = (rows.columns() for rows in (index.attendances(), index.signs, index.asks))
        return cls(acted, attended, signs, asks, shown, proven, useful, answers)

    def slots(self) -> tuple[Ints, ...]:
        """Of each table, of whom a row is."""
        return (*(rows[0] for rows in self[:-1]), self.answers[3])

    def before(self, day: int) -> "Told":
        """What was told before that day."""
        return Told(*(rows[:, rows[-1] < day] for rows in self))

    def is_of(self, somebody: NDArray[np.bool_], day: int) -> bool:
        """Whether it tells that any of these (by slot) was there of late."""
        (slots, _, days, _), (met_slots, met_days, *_) = self.acted, self.attended
        there, when = np.concatenate((slots, met_slots)), np.concatenate((days, met_days))
        return bool(somebody[there[day - when <= SEASON_DAYS]].any())

    def touched_since(self, day: int, members: int) -> NDArray[np.bool_]:
        """Per slot, whether anything was told of them on that day or later."""
        touched = np.zeros(members, dtype=bool)
        for rows, slots in zip(self, self.slots(), strict=True):
            touched[slots[rows[-1] >= day]] = True
        return touched

    def of_few(self, touched: NDArray[np.bool_]) -> "Told":
        """What was told of these members (by slot), by their places among them instead of their slots."""
        places = touched.cumsum() - 1
        few = Told(
            *(rows[:, np.flatnonzero(touched[of_whom])] for rows, of_whom in zip(self, self.slots(), strict=True))
        )
        for of_whom in few.slots():
            of_whom[:] = places[of_whom]
        return few


class Presence:
    """Who was there of late, per slot, as of a day, counted from some rows."""

    def __init__(self, told: Told, today: int, members: int, *, is_told: bool) -> None:
        """`is_told`: whether this network tells at all who was there; not every one reports talks and meetings."""
        self.today, self.members, self.is_told = today, members, is_told
        slots, minutes, days, _ = told.acted
        met_slots, met_days, amounts, _ = told.attended
        self._acted = slots, days
        self._minutes = slots, minutes
        self._there = np.concatenate((slots, met_slots)), np.concatenate((days, met_days))
        self._amounts = np.concatenate((np.full(len(slots), TALKED_AMOUNT), amounts))
        self._signs, self._asked, self._shown = told.signs, told.asks, told.shown
        self._answered, self._useful, self._proven = told.answers, told.useful, told.proven

    def widened(self, members: int) -> "Presence":
        """A copy that can be written to, with room for so many; of the newcomers nothing is known."""
        wide = copy(self)
        wide.members = members
        for measure in MEASURES:
            values = np.zeros(members, dtype=np.int64)
            values[: self.members] = getattr(self, measure)
            setattr(wide, measure, values)
        return wide

    @cached_property
    def active(self) -> Ints:
        """Where nobody's presence is told, all are as present as somebody who comes every week."""
        if not self.is_told:
            return np.full(self.members, USUALLY_ACTIVE, dtype=np.int64)
        return self._talks(ACTIVE_HALF_LIFE_DAYS)

    @cached_property
    def steady(self) -> Ints:
        return self._talks(STEADY_HALF_LIFE_DAYS)

    def _talks(self, half_life_days: int) -> Ints:
        slots, days = self._there
        return _faded_sum(slots, self.today - days, self._amounts, half_life_days, self.members)

    @cached_property
    def trend(self) -> Ints:
        """ln((active + ½) / (steady, scaled to the same days, + ½)), in hundredths: more than usual, or less."""
        usual = self.steady * ACTIVE_HALF_LIFE_DAYS // STEADY_HALF_LIFE_DAYS
        return ln_1p(2 * self._talks(ACTIVE_HALF_LIFE_DAYS)) - ln_1p(2 * usual)

    @cached_property
    def days90(self) -> Ints:
        """On how many of the last 90 days they were there."""
        slots, ages = self._there[0], self.today - self._there[1]
        late = (ages <= SEASON_DAYS) & (ages >= 0)
        days = np.unique(slots[late] * (SEASON_DAYS + 1) + ages[late]) // (SEASON_DAYS + 1)
        return np.bincount(days, minlength=self.members)

    @cached_property
    def since(self) -> Ints:
        """Days since anything was heard of them, at most LONG_AGO_DAYS."""
        slots = np.concatenate((self._there[0], self._signs[0]))
        return self._days_since(slots, np.concatenate((self._there[1], self._signs[1])))

    @cached_property
    def since_asked(self) -> Ints:
        return self._days_since(*self._asked)

    @cached_property
    def since_gave(self) -> Ints:
        return self._days_since(*self._acted)

    def _days_since(self, slots: Ints, days: Ints) -> Ints:
        last = np.full(self.members, self.today - LONG_AGO_DAYS, dtype=np.int64)
        np.maximum.at(last, slots, days)
        return np.clip(self.today - last, 0, LONG_AGO_DAYS)

    @cached_property
    def shown(self) -> Ints:
        """Instants at which they showed expertise, faded with a half-life of 240 days."""
        return _faded_count(self._shown[0], self.today - self._shown[1], LASTING_HALF_LIFE_DAYS, self.members)

    @cached_property
    def proven(self) -> Ints:
        """Conversations in which they showed expertise, faded with a half-life of 240 days."""
        slots, days = self._proven
        return _faded_count(slots, self.today - days, LASTING_HALF_LIFE_DAYS, self.members)

    @cached_property
    def found_useful(self) -> Ints:
        """How much of what they answered was found useful, in thousandths; about 750 while nothing is known."""
        useful = _faded_count(self._useful[0], self.today - self._useful[1], STEADY_HALF_LIFE_DAYS, self.members)
        *_, slots, days = self._answered
        answered = _faded_count(slots, self.today - days, STEADY_HALF_LIFE_DAYS, self.members)
        return 1_000 * (useful + 3 * ONE) // (answered + 4 * ONE)

    @cached_property
    def answers(self) -> Ints:
        """How many needs they ever answered."""
        return np.bincount(self._answered[3], minlength=self.members)

    @cached_property
    def firsts(self) -> Ints:
        """How often theirs was the first answer, in thousandths; 333 while nothing is known."""
        firsts = np.bincount(self._timed[3], self._timed[2], self.members).astype(np.int64)
        return 1_000 * (firsts + 1) // (np.bincount(self._timed[3], minlength=self.members) + 3)

    @cached_property
    def delay(self) -> Ints:
        """How many days their answers took, at most 30 each, in hundredths; 150 while nothing is known."""
        _, took, _, slots, _ = self._timed
        days = np.bincount(slots, np.minimum(took, LONGEST_DELAY_DAYS), self.members).astype(np.int64)
        return (100 * days + 150) // (np.bincount(slots, minlength=self.members) + 1)

    @cached_property
    def _timed(self) -> Ints:
        """The answers of which it is known when they were given."""
        return self._answered[:, self._answered[1] != UNTIMED]

    @cached_property
    def minutes(self) -> Ints:
        """How long they talk on average, in tenths of a minute; 0 while nothing is known."""
        slots, minutes = self._minutes
        told = minutes > 0
        count = np.maximum(np.bincount(slots[told], minlength=self.members), 1)
        return 10 * np.bincount(slots[told], minutes[told], self.members).astype(np.int64) // count


class Today:
    """Presence as it stands: that of the morning, but for those of whom anything was told since; only they are counted
    anew. What is read of it holds until it is read again."""

    def __init__(self, morning: Presence) -> None:
        self._morning, self._now = morning, morning
        self._told_of = np.zeros(morning.members, dtype=bool)  # whom `now` counts anew

    def presence(self, told: Told, members: int) -> Presence:
        """With all that was told so far, of so many members."""
        told_of = told.touched_since(self._morning.today, members)
        told_of[self._morning.members :] = True  # of whom nothing was known in the morning
        if not (told_of.any() or self._told_of.any()):
            return self._now
        if self._now is self._morning or len(self._told_of) != members:
            self._now, self._told_of = self._morning.widened(members), np.zeros(members, dtype=bool)
        slots = np.flatnonzero(told_of)
        again = np.flatnonzero(self._told_of & ~told_of)  # as in the morning: what was told is taken back
        few = Presence(told.of_few(told_of), self._morning.today, len(slots), is_told=self._morning.is_told)
        for measure in MEASURES:
            values = getattr(self._now, measure)
            values[again] = getattr(self._morning, measure)[again]
            values[slots] = getattr(few, measure)
        self._told_of = told_of
        return self._now


def _faded_count(slots: Ints, ages: Ints, half_life_days: int, members: int) -> Ints:
    """Per slot, how many, faded by age, in 1/65,536."""
    return np.bincount(slots, fade(ages, half_life_days), members).astype(np.int64)


def _faded_sum(slots: Ints, ages: Ints, amounts: Ints, half_life_days: int, members: int) -> Ints:
    """Per slot, the sum of amounts faded by age, in 1/65,536. Whole numbers below 2^53, so that floats add exactly."""
    return np.bincount(slots, fade(ages, half_life_days) * amounts, members).astype(np.int64) // _USUAL
