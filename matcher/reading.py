"""The index read at an instant: sums faded to that day, and what counts for the whole of that day.

*Of the day* are the events told before 00:00 UTC: how rare a subject is, who is active (`Day`). All else is live.
"""

from functools import cached_property

import numpy as np

from matcher.history import COMMON_WORD_LEAST, COMMON_WORD_SHARE
from matcher.index import TALKED_AMOUNT, Index
from matcher.kin import Kinship
from matcher.needs import INTEREST_HALF_LIFE_DAYS, NO_END, Need, standing_need
from matcher.roster import NEVER
from matcher.rows import Postings, Rows
from matcher.spelling import Likeness
from matcher.tables import NAT, ONE, Ints, fade, ln_1p
from schemas.instants import day_of

EXPERTISE_HALF_LIFE_DAYS = 240  # RELEVANCE.md, subj240
STANDING_PART = 3  # what somebody said they can give, and has not taken back, counts for a third however long ago
ACTIVE_HALF_LIFE_DAYS, STEADY_HALF_LIFE_DAYS, LASTING_HALF_LIFE_DAYS = 7, 60, 240  # RELEVANCE.md: act7, act60, act240
SEASON_DAYS, LONGEST_DELAY_DAYS = 90, 30
LONG_AGO_DAYS = 999
NOBODY = np.zeros(0, dtype=np.int64)
_USUAL = 1_000  # amounts and strengths are in thousandths


class Presence:
    """Who was there of late, per slot, as of a day; `told_before` leaves out what was told on that day or later."""

    def __init__(self, index: Index, today: int, told_before: int | None = None) -> None:
        self._today, self._members = today, len(index.roster)
        history = index.history()
        slots, minutes, days, _ = _until(history.acted.columns(), told_before)
        met_slots, met_days, amounts, _ = _until(index.attendances().columns(), told_before)
        self._acted = slots, days
        self._minutes = slots, minutes
        self._there = np.concatenate((slots, met_slots)), np.concatenate((days, met_days))
        self._amounts = np.concatenate((np.full(len(slots), TALKED_AMOUNT), amounts))
        self._signs = _until(index.signs.columns(), told_before)
        self._asked = _until(index.asks.columns(), told_before)
        self._shown = _until(history.shown.columns(), told_before)
        self._answered = _until(history.answers.columns(), told_before)
        self._useful = _until(history.useful.columns(), told_before)

    @cached_property
    def active(self) -> Ints:
        return self._talks(ACTIVE_HALF_LIFE_DAYS)

    @cached_property
    def steady(self) -> Ints:
        return self._talks(STEADY_HALF_LIFE_DAYS)

    def _talks(self, half_life_days: int) -> Ints:
        slots, days = self._there
        return _faded_sum(slots, self._today - days, self._amounts, half_life_days, self._members)

    @cached_property
    def trend(self) -> Ints:
        """ln((active + ½) / (steady, scaled to the same days, + ½)), in hundredths: more than usual, or less."""
        usual = self.steady * ACTIVE_HALF_LIFE_DAYS // STEADY_HALF_LIFE_DAYS
        return ln_1p(2 * self.active) - ln_1p(2 * usual)

    @cached_property
    def days90(self) -> Ints:
        """On how many of the last 90 days they were there."""
        slots, ages = self._there[0], self._today - self._there[1]
        late = (ages <= SEASON_DAYS) & (ages >= 0)
        days = np.unique(slots[late] * (SEASON_DAYS + 1) + ages[late]) // (SEASON_DAYS + 1)
        return np.bincount(days, minlength=self._members)

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
        last = np.full(self._members, self._today - LONG_AGO_DAYS, dtype=np.int64)
        np.maximum.at(last, slots, days)
        return np.clip(self._today - last, 0, LONG_AGO_DAYS)

    @cached_property
    def shown(self) -> Ints:
        """Instants at which they showed expertise, faded with a half-life of 240 days."""
        return _faded_count(self._shown[0], self._today - self._shown[1], LASTING_HALF_LIFE_DAYS, self._members)

    @cached_property
    def found_useful(self) -> Ints:
        """How much of what they answered was found useful, in thousandths; about 750 while nothing is known."""
        useful = _faded_count(self._useful[0], self._today - self._useful[1], STEADY_HALF_LIFE_DAYS, self._members)
        *_, slots, days = self._answered
        answered = _faded_count(slots, self._today - days, STEADY_HALF_LIFE_DAYS, self._members)
        return 1_000 * (useful + 3 * ONE) // (answered + 4 * ONE)

    @cached_property
    def answers(self) -> Ints:
        """How many needs they ever answered."""
        return np.bincount(self._answered[3], minlength=self._members)

    @cached_property
    def firsts(self) -> Ints:
        """How often theirs was the first answer, in thousandths; 333 while nothing is known."""
        firsts = np.bincount(self._answered[3], self._answered[2], self._members).astype(np.int64)
        return 1_000 * (firsts + 1) // (self.answers + 3)

    @cached_property
    def delay(self) -> Ints:
        """How many days their answers took, at most 30 each, in hundredths; 150 while nothing is known."""
        took = np.minimum(self._answered[1], LONGEST_DELAY_DAYS)
        days = np.bincount(self._answered[3], took, self._members).astype(np.int64)
        return (100 * days + 150) // (self.answers + 1)

    @cached_property
    def minutes(self) -> Ints:
        """How long they talk on average, in tenths of a minute; 0 while nothing is known."""
        slots, minutes = self._minutes
        told = minutes > 0
        count = np.maximum(np.bincount(slots[told], minlength=self._members), 1)
        return 10 * np.bincount(slots[told], minutes[told], self._members).astype(np.int64) // count


def _until(columns: Ints, told_before: int | None) -> Ints:
    """The rows told before that day; the last column is the day a row was told."""
    return columns if told_before is None else columns[:, columns[-1] < told_before]


def _faded_count(slots: Ints, ages: Ints, half_life_days: int, members: int) -> Ints:
    """Per slot, how many, faded by age, in 1/65,536."""
    return np.bincount(slots, fade(ages, half_life_days), members).astype(np.int64)


def _faded_sum(slots: Ints, ages: Ints, amounts: Ints, half_life_days: int, members: int) -> Ints:
    """Per slot, the sum of amounts faded by age, in 1/65,536. Whole numbers below 2^53, so that floats add exactly."""
    return np.bincount(slots, fade(ages, half_life_days) * amounts, members).astype(np.int64) // _USUAL


class Day:
    """What holds for a whole UTC day."""

    def __init__(self, index: Index, today: int) -> None:
        self._index, self.today = index, today
        self._rarities: dict[tuple[bool, str], int] = {}
        self.presence = Presence(index, today, told_before=today)

    @cached_property
    def kinship(self) -> Kinship:
        return Kinship(self._index.sayings, self.today)

    @cached_property
    def most_active(self) -> Ints:
        """Slots, the most active of the last months first."""
        return self._ranked(-self.presence.steady)

    @cached_property
    def last_heard_of(self) -> Ints:
        """Slots, whoever was heard of last first."""
        return self._ranked(self.presence.since)

    @cached_property
    def newest(self) -> Ints:
        """Slots, the last to join first."""
        return self._ranked(-self._index.roster.joined_days()[: len(self.presence.since)])

    def _ranked(self, values: Ints) -> Ints:
        """Whoever had joined before the day; all others are strangers to it, whenever it was first looked at."""
        roster = self._index.roster
        joined = roster.joined_days()[: len(values)]
        slots = np.flatnonzero((joined > NEVER) & (joined < self.today))
        return slots[np.lexsort((roster.mixes()[slots], values[slots]))]

    def rarity(self, term: str, *, is_word: bool) -> int:
        """ln(1 + all interests / (1 + interests that name the term)), in hundredths; at least one, so that subjects and
        words count on a network's first day, too, when nobody has asked anything yet. A word that everybody uses says
        nothing: 0."""
        found = self._rarities.get((is_word, term))
        if found is None:
            found = self._rarities[is_word, term] = self._rarity(term, is_word)
        return found

    def _rarity(self, term: str, is_word: bool) -> int:
        asked = self._index.asked.words if is_word else self._index.asked.subjects
        everything, named = asked.before(self.today), asked.of(term, self.today)
        if is_word and named > everything // COMMON_WORD_SHARE + COMMON_WORD_LEAST:
            return 0
        return max(int(ln_1p(np.array(ONE * everything // (1 + named)))), NAT)


def day_at(index: Index, at: int) -> Day:
    """The day of an instant, kept for as long as nothing is told late."""
    today = day_of(at)
    if today not in index.of_day:
        index.of_day.clear()
        index.of_day[today] = Day(index, today)
    return index.of_day[today]


class Reading:
    """Everything about everybody at `at` that the features need, each computed when first asked for."""

    def __init__(self, index: Index, at: int) -> None:
        self.index, self.at, self.today = index, at, day_of(at)
        self.day = day_at(index, at)
        self.members = len(index.roster)
        self._given: dict[tuple[bool, str], tuple[Ints, Ints]] = {}
        self._sought: dict[tuple[bool, str], tuple[Ints, Ints]] = {}
        self._shown: dict[tuple[bool, str], tuple[Ints, Ints]] = {}
        self._friends: dict[int, Ints] = {}
        self._needs: dict[int, Need] = {}

    @cached_property
    def presence(self) -> Presence:
        return Presence(self.index, self.today)

    @cached_property
    def professions(self) -> Ints:
        return self.index.roster.professions()

    @cached_property
    def stages(self) -> Ints:
        return self.index.roster.stages()

    def need(self, slot: int) -> Need:
        """What a member looks for, as everybody may know it."""
        found = self._needs.get(slot)
        if found is None:
            lines = self.index.sought_by(self.index.roster.ids[slot])
            found = self._needs[slot] = standing_need(lines, self.at)
        return found

    # --- one term ---------------------------------------------------------------------------------------------------

    def given(self, term: str, is_word: bool) -> tuple[Ints, Ints]:
        """Who gives this, as slots in order, and for each rarity · ln(1 + faded evidence); nobody a word that says
        nothing."""
        found = self._given.get((is_word, term))
        if found is None:
            found = self._given[is_word, term] = self._worths(term, is_word)
        return found

    def _worths(self, term: str, is_word: bool) -> tuple[Ints, Ints]:
        rarity = self.day.rarity(term, is_word=is_word)
        if rarity == 0:
            return NOBODY, NOBODY
        slots, evidence = self.evidence(term, is_word=is_word)
        return slots, ln_1p(evidence) * rarity

    def evidence(self, term: str, *, is_word: bool) -> tuple[Ints, Ints]:
        """Who has shown that they know this, as slots in order, and how much of it, faded, in 1/65,536. What is kin
        to a subject counts for as much as it is like it."""
        found = self._shown.get((is_word, term))
        if found is None:
            total = self._evidence(term, is_word)
            for other, likeness in ({} if is_word else self.kin(term)).items():
                total += self._evidence(other, is_word) * likeness // ONE
            slots = np.flatnonzero(total != 0)
            found = self._shown[is_word, term] = slots, total[slots]
        return found

    def kin(self, subject: str) -> Likeness:
        """What means nearly the same as a subject, as of the day."""
        return self.day.kinship.of(subject)

    def _evidence(self, term: str, is_word: bool) -> Ints:
        postings = self.index.gives.words if is_word else self.index.gives.subjects
        rows = _rows(postings, term)
        total = np.zeros(self.members, dtype=np.int64)
        if rows is not None:
            slots, days, amounts = rows.columns()
            total += _faded_sum(slots, self.today - days, amounts, EXPERTISE_HALF_LIFE_DAYS, self.members)
            np.maximum.at(total, slots, amounts * ONE // (_USUAL * STANDING_PART))
        profiles = _rows(self.index.profiles, term) if is_word else None
        if profiles is not None:
            total[profiles.columns()[0]] += ONE
        return total

    def sought(self, term: str, is_word: bool) -> tuple[Ints, Ints]:
        """Who seeks this, as slots in order, and how strongly, in thousandths; nobody a word that says nothing."""
        found = self._sought.get((is_word, term))
        if found is None:
            found = self._sought[is_word, term] = self._strengths(term, is_word)
        return found

    def _strengths(self, term: str, is_word: bool) -> tuple[Ints, Ints]:
        seeks = self.index.seeking()
        rows = _rows(seeks.words if is_word else seeks.subjects, term)
        if rows is None or self.day.rarity(term, is_word=is_word) == 0:
            return NOBODY, NOBODY
        slots, days, weights, untils = rows.columns()
        faded = weights * fade(self.today - days, INTEREST_HALF_LIFE_DAYS) // ONE
        strengths = np.where(untils == NO_END, faded, np.where(self.at < untils, weights, 0))
        total = np.minimum(np.bincount(slots, strengths, self.members).astype(np.int64), _USUAL)
        found = np.flatnonzero(total != 0)
        return found, total[found]

    # --- one member against everybody --------------------------------------------------------------------------------

    def helps(self, need: Need, *, is_word: bool) -> Ints:
        """How well everybody serves a need: per slot Σ strength · rarity · ln(1 + evidence), in 1/10,000."""
        total = np.zeros(self.members, dtype=np.int64)
        for term, strength in (need.words if is_word else need.subjects).items():
            slots, worth = self.given(term, is_word)
            total[slots] += strength * worth
        return total // _USUAL

    def helped(self, slot: int, *, is_word: bool) -> Ints:
        """How well this member serves everybody's open interests: the same number, seen from the other side."""
        total = np.zeros(self.members, dtype=np.int64)
        for term in self._terms_served(slot, is_word):
            seekers, strengths = self.sought(term, is_word)
            if len(seekers):
                total[seekers] += strengths * self.worth_of(term, is_word, slot)
        return total // _USUAL

    def terms_given(self, slot: int, is_word: bool) -> set[str]:
        if not is_word:
            return self.index.gives.subjects.terms_of(slot)
        return self.index.gives.words.terms_of(slot) | self.index.profiles.terms_of(slot)

    def _terms_served(self, slot: int, is_word: bool) -> set[str]:
        """What a member gives, and what somebody may call it who seeks it."""
        given = self.terms_given(slot, is_word)
        if is_word:
            return given
        kin = (other for term in given for other in (*self.kin(term), *self._new_names.get(term, ())))
        return given.union(kin)

    @cached_property
    def _new_names(self) -> dict[str, list[str]]:
        """What is sought by a name that is new today, by each subject that is kin to it."""
        names: dict[str, list[str]] = {}
        for term in self.index.seeking().subjects.by_term:
            if not self.day.kinship.knows(term):
                for other in self.kin(term):
                    names.setdefault(other, []).append(term)
        return names

    def worth_of(self, term: str, is_word: bool, slot: int) -> int:
        """rarity · ln(1 + evidence) of one member for one term."""
        slots, worth = self.given(term, is_word)
        place = int(slots.searchsorted(slot))
        return int(worth[place]) if place < len(slots) and slots[place] == slot else 0

    def given_as(self, subject: str, slot: int) -> str | None:
        """By which name a member gives a subject: its own, else that of its likest kin; None where they do not."""
        given = self.terms_given(slot, is_word=False)
        kin = [(-likeness, other) for other, likeness in self.kin(subject).items() if other in given]
        return subject if subject in given else min(kin, default=(0, None))[1]

    def common_acquaintances(self, slot: int) -> Ints:
        """Per slot, how many members both have talked to."""
        none = np.zeros(0, dtype=np.int64)
        friends = [self._friends_of(friend) for friend in self._friends_of(slot)]
        return np.bincount(np.concatenate([none, *friends]), minlength=self.members)

    def _friends_of(self, slot: int) -> Ints:
        found = self._friends.get(slot)
        if found is None:
            roster = self.index.roster
            others = self.index.world.talked.get(roster.ids[slot], ())
            found = self._friends[slot] = np.array(sorted(roster.slots[other] for other in others), dtype=np.int64)
        return found


def _rows(postings: Postings, term: str) -> Rows | None:
    return postings.by_term.get(term)
