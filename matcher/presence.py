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
from matcher.rows import Owned, Table, distinct, ranges
from matcher.tables import ONE, Ints, Numbers, fade, ln_1p

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
        return cls(*(table.columns() for table in tables_of(index)))

    def before(self, day: int) -> "Told":
        """What was told before that day."""
        return Told(*(rows[:, rows[-1] < day] for rows in self))

    def is_of(self, somebody: NDArray[np.bool_], day: int) -> bool:
        """Whether it tells that any of these (by slot) was there of late."""
        (slots, _, days, _), (met_slots, met_days, *_) = self.acted, self.attended
        there, when = np.concatenate((slots, met_slots)), np.concatenate((days, met_days))
        return bool(somebody[there[day - when <= SEASON_DAYS]].any())


def tables_of(index: Index) -> tuple[Table, ...]:
    """What these rows are kept in."""
    history = index.history()
    return (
        history.acted, index.attended, index.signs, index.asks, history.shown, history.proven, history.useful,
        history.answers,
    )  # fmt: skip


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

    def take(self, few: "Presence", slots: Ints) -> None:
        """Writes over what is counted of these members."""
        for measure in MEASURES:
            getattr(self, measure)[slots] = getattr(few, measure)

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
        days = distinct(slots[late] * (SEASON_DAYS + 1) + ages[late]) // (SEASON_DAYS + 1)
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

    def __init__(self, index: Index, morning: Presence) -> None:
        self._morning, self._now = morning, morning
        self._tables = [_Followed(table, morning.today) for table in tables_of(index)]

    def presence(self, members: int) -> Presence:
        """With all that was told so far, of so many members."""
        newcomers = np.arange(self._now.members, members)  # of whom nothing was known
        slots = distinct(np.concatenate((newcomers, *(table.told_of() for table in self._tables))))
        if len(newcomers) or (len(slots) and self._now is self._morning):
            self._now = self._now.widened(members)
        if len(slots):
            told = Told(*(table.of_few(slots, members) for table in self._tables))
            self._now.take(Presence(told, self._now.today, len(slots), is_told=self._now.is_told), slots)
        return self._now


class _Followed:
    """A table that is read again and again during a day: of whom more was told since, and what is told of some."""

    def __init__(self, table: Table, today: int) -> None:
        rows = table.columns()
        self._table, self._of_whom = table, table.of_whom
        self._generation, self._seen = table.generation, rows.shape[1]
        self._told_today = rows[self._of_whom, rows[-1] >= today]  # slots, until they were asked for
        self._by_slot: tuple[Numbers, Ints] | None = None  # rows in the order of slots, and where each slot's begin
        if isinstance(table, Owned):
            table.changed = set()

    def told_of(self) -> Ints:
        """Slots, some several times, of whom something was told or taken back since it was last asked; to begin with,
        of whom anything was told on this day."""
        slots = np.concatenate((self._told_today, self._changed()))
        self._told_today = slots[:0]
        return slots

    def _changed(self) -> Ints:
        rows = self._table.columns()
        if not isinstance(self._table, Owned):  # it is only appended to
            new, self._seen = rows[self._of_whom, self._seen :], rows.shape[1]
            return new
        if self._table.generation != self._generation:
            self._generation, self._by_slot = self._table.generation, None
        changed, self._table.changed = self._table.changed or (), set()
        return np.array(sorted(changed), dtype=np.int64)

    def of_few(self, slots: Ints, members: int) -> Ints:
        """The rows of these members (in order), with their places among them instead of their slots."""
        rows = self._table.columns()
        few = rows[:, self._rows_of(slots, rows[self._of_whom], members)]
        few[self._of_whom] = slots.searchsorted(few[self._of_whom])
        return few

    def _rows_of(self, slots: Ints, of_whom: Ints, members: int) -> Ints:
        if self._by_slot is None:
            self._by_slot = (
                of_whom.argsort().astype(np.int32),
                np.append(0, np.bincount(of_whom, minlength=members).cumsum()),
            )
        order, begins = self._by_slot
        known = slots[slots < len(begins) - 1]
        early = order[ranges(begins[known], begins[known + 1] - begins[known])]
        late = of_whom[len(order) :]
        is_of_them = slots[slots.searchsorted(late).clip(max=len(slots) - 1)] == late
        return np.concatenate((early, len(order) + np.flatnonzero(is_of_them)))


def _faded_count(slots: Ints, ages: Ints, half_life_days: int, members: int) -> Ints:
    """Per slot, how many, faded by age, in 1/65,536."""
    return np.bincount(slots, fade(ages, half_life_days), members).astype(np.int64)


def _faded_sum(slots: Ints, ages: Ints, amounts: Ints, half_life_days: int, members: int) -> Ints:
    """Per slot, the sum of amounts faded by age, in 1/65,536. Whole numbers below 2^53, so that floats add exactly."""
    return np.bincount(slots, fade(ages, half_life_days) * amounts, members).astype(np.int64) // _USUAL
