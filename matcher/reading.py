"""The index read at an instant: sums faded to that day, and what counts for the whole of that day.

*Of the day* are the events told before 00:00 UTC: how rare a subject is, who is active (`Day`). All else is live; what
is the same at each instant of a day (`Live`) is read once, and anew when anything was told since.
"""

from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from matcher.conduct import Conduct
from matcher.dealings import sides_of
from matcher.history import COMMON_WORD_LEAST, COMMON_WORD_SHARE
from matcher.index import ENDORSED_AMOUNT, PRAISED_AMOUNT, Index
from matcher.kin import Kinship
from matcher.needs import INTEREST_HALF_LIFE_DAYS, NO_END, Need, standing_need
from matcher.presence import Presence, Today, Told
from matcher.roster import NEVER
from matcher.rows import by_slot
from matcher.spelling import Likeness
from matcher.standing import spells
from matcher.tables import ONE, Ints, fade, ln_1p
from schemas.instants import DAY_US, day_of

EXPERTISE_HALF_LIFE_DAYS = 240  # RELEVANCE.md, subj240
STANDING_PART = 3  # what somebody said they can give, and has not taken back, counts for a third however long ago
# Evidence that anybody can make up counts for so much, and more only with conversations (ARCHITECTURE.md, "Poison").
MOST_SAID, SUBJECTS_SAID, WORDS_SAID = ONE * 16 // 10, 12, 64  # one declaration at the top level, of so many
MOST_PER_TALK = 2  # what was shown in it, and praise for it
SAID_ELSEWHERE = 50  # interests in other things: one of three that were told is not known to be common
NOBODY = np.zeros(0, dtype=np.int64)
_USUAL = 1_000  # amounts and strengths are in thousandths


class Day:
    """What holds for a whole UTC day."""

    def __init__(self, index: Index, today: int) -> None:
        self._index, self.today = index, today
        self._rarities: dict[tuple[bool, str], int] = {}
        self._new_names: dict[str, list[str]] = {}
        self._names_read = 0  # of the subjects that are sought, which only become more
        told = Told.in_all(index).before(today)
        joined = index.roster.joined_days()
        is_told = told.is_of((joined > NEVER) & (joined < today), today)
        self.presence = Presence(told, today, len(index.roster), is_told=is_told)
        self.so_far = Today(index, self.presence)
        self.standing: Any = None  # what the pools make of it (field.py)
        self.answers: Any = None  # who answered what, as it was last told (evidence.py)
        self._asked_before = [asked.before(today) for asked in index.asked]
        self.conduct = Conduct(index.world, index.roster, sides_of(index.world, index.roster), today)

    @cached_property
    def kinship(self) -> Kinship:
        """As of Monday: it takes a while to find, and changes slowly."""
        kept, monday = self._index.of_week, (self.today + 3) // 7 * 7 - 3  # day 0 was a Thursday
        if monday not in kept:
            kept.clear()
            kept[monday] = Kinship(self._index.sayings, monday)
        found: Kinship = kept[monday]
        return found

    def new_names(self) -> dict[str, list[str]]:
        """What is sought by a name that is new since Monday, by each subject that is kin to it."""
        by_term = self._index.seeking().subjects.by_term
        for term in islice(by_term, self._names_read, None):
            if not self.kinship.knows(term):
                for other in self.kinship.of(term):
                    self._new_names.setdefault(other, []).append(term)
        self._names_read = len(by_term)
        return self._new_names

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
        """ln(1 + all interests / (1 + interests that name the term)), in hundredths, with some other interests added:
        subjects and words count on a network's first day, too. A word that everybody uses says nothing: 0."""
        found = self._rarities.get((is_word, term))
        if found is None:
            found = self._rarities[is_word, term] = self._rarity(term, is_word)
        return found

    def _rarity(self, term: str, is_word: bool) -> int:
        asked = self._index.asked.words if is_word else self._index.asked.subjects
        everything, named = self._asked_before[is_word], asked.of(term, self.today)
        if is_word and named > everything // COMMON_WORD_SHARE + COMMON_WORD_LEAST:
            return 0
        return int(ln_1p(np.array(ONE * (everything + SAID_ELSEWHERE) // (1 + named))))


def day_at(index: Index, at: int) -> Day:
    """The day of an instant, kept for as long as nothing is told late."""
    today = day_of(at)
    if today not in index.of_day:
        index.of_day.clear()
        index.of_day[today] = Day(index, today)
    return index.of_day[today]


class Shown(NamedTuple):
    """Who has shown that they know a term: slots in order, how much of it, faded to a day, in 1/65,536, and ln(1 + that
    much); kept with the rows of the term, until another is added or taken out, and for as long as each of them is as
    proven as then: that bounds what praise adds."""

    today: int
    slots: Ints
    faded: Ints
    logs: Ints
    proven: Ints = NOBODY

    def is_of(self, presence: Presence, today: int) -> bool:
        """Whether it would be found again."""
        return self.today == today and np.array_equal(self.proven, presence.proven[self.slots])


class Sought(NamedTuple):
    """Who seeks a term: slots in order, and how strongly, in thousandths; the same from `since` until before `until`
    (µs: the day's end, or that of a wish); kept with the rows of the term like `Shown`."""

    since: int
    until: int
    slots: Ints
    strengths: Ints


_NOTHING_SHOWN = Shown(0, NOBODY, NOBODY, NOBODY)


class Live:
    """What is the same at each instant of a day, whenever it is asked: void once anything is told, but for what members
    have shown, which most of what is told has nothing to do with."""

    def __init__(self, index: Index, day: Day, before: "Live | None") -> None:
        index.history()  # takes in what was told, so that nobody comes to be a member meanwhile
        self._index, self._day = index, day
        self.members = len(index.roster)
        self.given: dict[tuple[bool, str], tuple[Ints, Ints]] = {}
        self.shown: dict[tuple[bool, str], Shown] = {}
        self.of_needs: Any = None  # what past needs say (evidence.py)
        self._rows = [postings.changes for postings in (*index.gives, index.profiles)]
        self._proven: Ints | None = None  # once it was asked for: presence itself is written over
        if before and self._shows_the_same(before):
            self.given, self.shown, self.most_evidence = before.given, before.shown, before.most_evidence
            self._proven = before._proven

    def _shows_the_same(self, before: "Live") -> bool:
        """Whether nobody has shown anything since: the same rows, of the same members, as proven as then, on a day."""
        is_of_them = (before._day, before.members, before._rows) == (self._day, self.members, self._rows)
        if not is_of_them or before._proven is None:
            return False
        return np.array_equal(before._proven, self.presence.proven)

    @cached_property
    def most_evidence(self) -> tuple[Ints, Ints]:
        """Per slot, the most that evidence of one subject, or of one word, can come to, however often it is told: what
        somebody can say of themselves, less the more they claim (whoever claims everything claims nothing), and each
        conversation that showed it."""
        self._proven = self.presence.proven.copy()
        proven = MOST_PER_TALK * self._proven
        of_subjects, of_words = (
            _most_said(given.breadths(self.members), most)
            for given, most in zip(self._index.gives, (SUBJECTS_SAID, WORDS_SAID), strict=True)
        )
        return of_subjects + proven, np.minimum(of_words, of_subjects) + proven

    def is_of(self, day: Day) -> bool:
        """Whether it goes on from this day, and not from one of the same date that was let go for another."""
        return self._day is day

    @cached_property
    def presence(self) -> Presence:
        return self._day.so_far.presence(self.members)


def _most_said(breadths: Ints, most: int) -> Ints:
    """By the number of terms of each; computed once for each number, as few claim very many."""
    numbers = np.arange(breadths.max(initial=0) + 1)
    by_number: Ints = (MOST_SAID * most**2 // np.maximum(numbers, most) ** 2)[breadths]
    return by_number


def live_at(index: Index, day: Day) -> Live:
    """What is known on this day, kept until anything is told."""
    found: Live | None = index.of_now.get(day.today)
    if found is None or not found.is_of(day):
        found = index.of_now[day.today] = Live(index, day, index.of_late.get(day.today))
    return found


class Reading:
    """Everything about everybody at `at` that the features need, each computed when first asked for."""

    def __init__(self, index: Index, at: int) -> None:
        self.index, self.at, self.today = index, at, day_of(at)
        self.day = day_at(index, at)
        self.live = live_at(index, self.day)
        self.members = self.live.members
        self._needs: dict[int, Need] = {}

    @property
    def presence(self) -> Presence:
        return self.live.presence

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
        found = self.live.given.get((is_word, term))
        if found is None:
            rarity = self.day.rarity(term, is_word=is_word)
            shown = self._shown(term, is_word) if rarity else _NOTHING_SHOWN
            found = self.live.given[is_word, term] = shown.slots, shown.logs * rarity
        return found

    def evidence(self, term: str, *, is_word: bool) -> tuple[Ints, Ints]:
        """Who has shown that they know this, as slots in order, and how much of it, faded, in 1/65,536. What is kin
        to a subject counts for as much as it is like it."""
        shown = self._shown(term, is_word)
        return shown.slots, shown.faded

    def _shown(self, term: str, is_word: bool) -> "Shown":
        found = self.live.shown.get((is_word, term))
        if found is None:
            found = self._at_most(self._shown_as_such(term, is_word), is_word)
            kin = {} if is_word else self.kin(term)
            if kin:
                found = self._at_most(self._with_kin(found, kin), is_word)
            self.live.shown[is_word, term] = found
        return found

    def _at_most(self, shown: "Shown", is_word: bool) -> "Shown":
        most = self.live.most_evidence[is_word][shown.slots]
        if (shown.faded <= most).all():
            return shown
        faded = np.minimum(shown.faded, most)
        return Shown(self.today, shown.slots, faded, ln_1p(faded))

    def is_bounded(self, term: str, slot: int, *, is_word: bool) -> bool:
        """Whether a member has shown more of a term than they can say of themselves: conversations decide how much of
        it counts."""
        shown = self._shown_as_such(term, is_word)
        said = self.live.most_evidence[is_word][slot] - MOST_PER_TALK * self.presence.proven[slot]
        return bool((shown.faded[shown.slots == slot] > said).any())

    def _with_kin(self, own: "Shown", kin: Likeness) -> "Shown":
        of_kin = [
            (self._at_most(self._shown_as_such(other, is_word=False), is_word=False), likeness)
            for other, likeness in kin.items()
        ]
        slots = np.concatenate((own.slots, *(shown.slots for shown, _ in of_kin)))
        faded = np.concatenate((own.faded, *(shown.faded * likeness // ONE for shown, likeness in of_kin)))
        if not len(slots):
            return own
        order, starts, found = by_slot(slots)
        total = np.add.reduceat(faded[order], starts)
        return Shown(self.today, found, total, ln_1p(total))

    def kin(self, subject: str) -> Likeness:
        """What means nearly the same as a subject, as of Monday."""
        return self.day.kinship.of(subject)

    def _shown_as_such(self, term: str, is_word: bool) -> "Shown":
        derived = (self.index.gives.words if is_word else self.index.gives.subjects).derived
        found: Shown | None = derived.get(term)
        if found is None or not found.is_of(self.presence, self.today):
            slots, faded = self._evidence(term, is_word)
            found = derived[term] = Shown(self.today, slots, faded, ln_1p(faded), self.presence.proven[slots])
        return found

    def _evidence(self, term: str, is_word: bool) -> tuple[Ints, Ints]:
        slots, days, amounts = (self.index.gives.words if is_word else self.index.gives.subjects).of(term)
        of_profile = np.zeros(len(slots), dtype=np.int64)
        if is_word and term in self.index.profiles.by_term:
            [described] = self.index.profiles.of(term)
            nothing = np.zeros(len(described), dtype=np.int64)
            slots, days, amounts, of_profile = np.concatenate(
                ((slots, days, amounts, of_profile), (described, nothing, nothing, nothing + ONE)), axis=1
            )
        if not len(slots):
            return NOBODY, NOBODY
        order, starts, found = by_slot(slots)
        praised, endorsed = (amounts == PRAISED_AMOUNT)[order], (amounts == ENDORSED_AMOUNT)[order]
        mine = ~(praised | endorsed)
        faded = (fade(self.today - days, EXPERTISE_HALF_LIFE_DAYS) * amounts)[order]
        standing = (amounts * ONE // (_USUAL * STANDING_PART))[order]
        own = np.add.reduceat(faded * mine, starts) // _USUAL
        total = np.maximum(own, np.maximum.reduceat(standing * mine, starts))
        proven = self.presence.proven[found]
        total += np.minimum(np.add.reduceat(faded * endorsed, starts) // _USUAL, np.clip(proven, own // 4, own))
        total += np.minimum(np.add.reduceat(faded * praised, starts) // _USUAL, own // 4)
        total += np.maximum.reduceat(of_profile[order], starts)
        return found[total != 0], total[total != 0]

    def sought(self, term: str, is_word: bool) -> tuple[Ints, Ints]:
        """Who seeks this, as slots in order, and how strongly, in thousandths; nobody a word that says nothing."""
        if self.day.rarity(term, is_word=is_word) == 0:
            return NOBODY, NOBODY
        postings = self.index.seeking()[is_word]
        found: Sought | None = postings.derived.get(term)
        if found is None or not found.since <= self.at < found.until:
            found = postings.derived[term] = self._strengths(postings.of(term))
        return found.slots, found.strengths

    def _strengths(self, rows: Ints) -> "Sought":
        slots, days, weights, untils = rows
        until = int(untils.min(where=untils > self.at, initial=(self.today + 1) * DAY_US))
        if not len(slots):
            return Sought(self.at, until, NOBODY, NOBODY)
        faded = weights * fade(self.today - days, INTEREST_HALF_LIFE_DAYS) // ONE
        strengths = np.where(untils == NO_END, faded, np.where(self.at < untils, weights, 0))
        order, starts, found = by_slot(slots)
        total = np.minimum(np.add.reduceat(strengths[order], starts), _USUAL)
        return Sought(self.at, until, found[total != 0], total[total != 0])

    # --- one member against everybody --------------------------------------------------------------------------------

    def helps(self, need: Need, *, is_word: bool) -> Ints:
        """How well everybody serves a need: per slot Σ strength · rarity · ln(1 + evidence), in 1/10,000."""
        total = np.zeros(self.members, dtype=np.int64)
        for term, strength in (need.words if is_word else need.subjects).items():
            slots, worth = self.given(term, is_word)
            total[slots] += strength * worth
        return total // _USUAL

    def serves(self, need: Need, slot: int, *, is_word: bool) -> int:
        """How well one member serves a need: `helps`, of them alone."""
        terms = (need.words if is_word else need.subjects).items()
        return sum(strength * self.worth_of(term, is_word, slot) for term, strength in terms) // _USUAL

    def helped(self, slot: int, *, is_word: bool) -> Ints:
        """How well this member serves everybody's open interests: the same number, seen from the other side."""
        total = np.zeros(self.members, dtype=np.int64)
        for term in self.terms_served(slot, is_word):
            seekers, strengths = self.sought(term, is_word)
            if len(seekers):
                total[seekers] += strengths * self.worth_of(term, is_word, slot)
        return total // _USUAL

    def terms_given(self, slot: int, is_word: bool) -> set[str]:
        if not is_word:
            return self.index.gives.subjects.terms_of(slot)
        return self.index.gives.words.terms_of(slot) | self.index.profiles.terms_of(slot)

    def terms_served(self, slot: int, is_word: bool) -> set[str]:
        """What a member gives, and what somebody may call it who seeks it."""
        given = self.terms_given(slot, is_word)
        if is_word:
            return given
        new_names = self.day.new_names()
        kin = (other for term in given for other in (*self.kin(term), *new_names.get(term, ())))
        return given.union(kin)

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

    def companions(self, slot: int) -> Ints:
        """Whoever was in one group with this member at the same time, as slots, some several times: as rules.py says of
        one pair, for many members of one group."""
        found = [NOBODY]
        for mine in spells(self.index.world, self.index.roster.ids[slot]):
            slots, starts, ends = self.index.company.spells_in(mine.group_id)
            found.append(slots[(starts < mine.end) & (mine.start < ends)])
        return np.concatenate(found)

    def common_acquaintances(self, slot: int, others: Ints) -> Ints:
        """How many members this one and each of the others have both talked to."""
        friends = [self.index.acquaintances(friend) for friend in self.index.acquaintances(slot).tolist()]
        theirs = np.sort(np.concatenate([NOBODY, *friends]))
        return np.asarray(theirs.searchsorted(others, side="right") - theirs.searchsorted(others, side="left"))
