"""What came of needs in the past: who answered whose, and whom that served (RELEVANCE.md, section 6).

A *need* is what one member declared on one day with one note. Somebody *answered* it who, at one instant, talked with
the asker and showed expertise in one of its subjects; or whom the asker endorsed, or rated well after an introduction.
The answer was *useful* from the instant the asker said so.

It is a function of what the world holds. What arrives in the order of time is taken in as it comes; anything else is
taken out of the world anew, so that the order of arrival decides nothing.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from matcher.introductions import suggestion
from matcher.roster import Roster
from matcher.rows import Rows
from matcher.tables import NAT, ONE, Ints, ln_1p
from matcher.text import subject_key, words
from matcher.world import World
from schemas.instants import day_of, parse_canonical

COMMON_WORD_SHARE, COMMON_WORD_LEAST = 5, 50  # a word in more than a fifth of all needs and 50 says nothing
LEAST_SIMILAR = ONE // 20
OF_A_SUBJECT = 2  # a word of a subject counts twice
WELL_RATED = 4
LEAST_TOGETHER, LEAST_RELATED = 3, ONE // 20  # needs that name both subjects; the cosine (RELEVANCE.md, expand)
NO_NEED = -1
_NEED, _SHOWN, _TALKED, _ENDORSED, _RATED = range(5)
Fact = tuple[int, int, str, str, Any]  # time, what, member, the other or the note, subject (or minutes and day)


class Outcome(NamedTuple):
    """A need was answered: by whom, when that was known (µs), and whether the asker said that it was useful."""

    need: int
    member_id: str
    known: int
    useful: bool


class _Answer(NamedTuple):
    need: int
    place: int  # among the answers


class History:
    """The needs, answers and words of a world."""

    def __init__(self, roster: Roster) -> None:
        self._number = roster.slot
        self.askers: list[str] = []  # by need
        self.told: list[int] = []  # when the need was told in full (µs)
        self.need_days = array("q")
        self.subjects: list[list[str]] = []  # as they were written
        self.notes: list[str] = []
        self.answers = Rows(5)  # need, days it took, whether it was the first, slot of the one who answered, day
        # Whoever gave in a conversation: who showed expertise at its instant, or both, where nobody did: slot, minutes,
        # day, and the day it was told.
        self.acted = Rows(4)
        self.useful = Rows(2)  # slot, day on which the asker said so
        self.shown = Rows(2)  # slot, day: an instant at which somebody showed expertise
        self.words_answered = Rows(2)  # slot, how many words the need had
        self.outcomes: list[Outcome] = []
        self.terms: dict[str, int] = {}
        self._entries = Rows(3)  # need, term, weight
        self._terms_of: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        # Of answered needs alone: need, weight, need, weight, …
        self._by_term: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))
        self._postings: dict[int, Ints] = {}  # the same as arrays, as far as they were asked for
        self.answered_words: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))  # slots, by stem
        self.by_subject: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))  # needs
        self.together: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._needs_of: defaultdict[str, list[int]] = defaultdict(list)
        self._keys: dict[tuple[str, str, int], int] = {}
        self._last_answer: defaultdict[tuple[str, str], list[_Answer]] = defaultdict(list)
        self._marked: set[int] = set()
        self._is_answered: set[int] = set()
        self._until = -1
        self._days: dict[int, NeedsBefore] = {}

    # --- taking in ----------------------------------------------------------------------------------------------------

    def take_in(self, facts: list[Fact]) -> bool:
        """Takes in facts that are younger than all before; False where they are not, and all must be taken anew."""
        if not facts:
            return True
        facts.sort()
        if facts[0][0] <= self._until:
            return False
        start = 0
        while start < len(facts):
            end = bisect_left(facts, (facts[start][0] + 1,), start)
            self._at_one_instant(facts[start:end])
            start = end
        self._until = facts[-1][0]
        return True

    def _at_one_instant(self, facts: list[Fact]) -> None:
        time, day = facts[0][0], day_of(facts[0][0])
        shown: defaultdict[str, set[str]] = defaultdict(set)
        for _, what, member_id, _, subject in facts:
            if what == _SHOWN:
                shown[member_id].add(subject_key(subject))
        for member_id in shown:
            self.shown.add(self._number(member_id), day)
        for _, what, a, b, subject in facts:
            if what == _TALKED:
                for helper, asker in ((a, b), (b, a)):
                    if helper in shown:
                        self._answer(helper, self._need_of(asker, shown[helper]), time)
                    if helper in shown or not (a in shown or b in shown):
                        self.acted.add(self._number(helper), *subject, day)
            elif what == _ENDORSED:
                self._mark(a, b, subject_key(subject), time)
            elif what == _RATED:
                self._mark(a, b, None, time)
        for _, what, member_id, note, subject in facts:
            if what == _NEED:
                self._need(member_id, note, subject, time)

    def _need(self, asker: str, note: str, subject: str, time: int) -> None:
        key = (asker, note, day_of(time))
        need = self._keys.get(key)
        if need is None:
            need = self._keys[key] = len(self.askers)
            self.askers.append(asker)
            self.told.append(time)
            self.need_days.append(key[2])
            self.subjects.append([])
            self.notes.append(note)
            self._needs_of[asker].append(need)
            self._say(need, note, 1)
        self.told[need] = time
        name = subject_key(subject)
        known = {subject_key(each) for each in self.subjects[need]}
        if name in known:
            return
        for other in known:
            for one, two in ((name, other), (other, name)):
                self.together[one][two] = self.together[one].get(two, 0) + 1
        self.subjects[need].append(subject)
        self.by_subject[name].append(need)
        self._say(need, subject, OF_A_SUBJECT)

    def _say(self, need: int, text: str, weight: int) -> None:
        for stem in words(text):
            term = self.terms.setdefault(stem, len(self.terms))
            self._entries.add(need, term, weight)
            self._terms_of[need].append((term, weight))
            if need in self._is_answered:
                self._by_term[term].extend((need, weight))

    def _need_of(self, asker: str, subjects: set[str] | None) -> int:
        """The asker's youngest need that names one of these subjects; None: whatever it names."""
        for need in reversed(self._needs_of.get(asker, ())):
            if subjects is None or not subjects.isdisjoint(map(subject_key, self.subjects[need])):
                return need
        return NO_NEED

    def _answer(self, helper: str, need: int, time: int) -> None:
        slot = self._number(helper)
        if need == NO_NEED:
            return
        self.answers.add(need, day_of(time) - self.need_days[need], need not in self._is_answered, slot, day_of(time))
        if need not in self._is_answered:
            self._is_answered.add(need)
            for term, weight in self._terms_of[need]:
                self._by_term[term].extend((need, weight))
        place = len(self.outcomes)
        self.outcomes.append(Outcome(need, helper, time, useful=False))
        self._last_answer[helper, self.askers[need]].append(_Answer(need, place))
        stems = words(" ".join((*self.subjects[need], self.notes[need])))
        self.words_answered.add(slot, len(stems))
        for stem in stems:
            self.answered_words[stem].append(slot)

    def _mark(self, helper: str, asker: str, subject: str | None, time: int) -> None:
        """The asker says that it was useful: the youngest answer of this helper to a need that names the subject; where
        there is none, that is the answer."""
        answers = [
            answer
            for answer in self._last_answer.get((helper, asker), ())
            if subject is None or subject in map(subject_key, self.subjects[answer.need])
        ]
        if answers:
            need, place = answers[-1]
        else:
            need, place = self._need_of(asker, None if subject is None else {subject}), len(self.outcomes)
            self._answer(helper, need, time)
        if need != NO_NEED and place not in self._marked:
            self._marked.add(place)
            self.useful.add(self._number(helper), day_of(time))
            self.outcomes.append(Outcome(need, helper, time, useful=True))

    # --- reading ------------------------------------------------------------------------------------------------------

    def before(self, today: int) -> "NeedsBefore":
        """The needs told before this day, counted and measured: nothing that is told later changes them."""
        if today not in self._days:
            self._days.clear()
            self._days[today] = NeedsBefore(self, today)
        return self._days[today]

    def by_term(self, term: int) -> Ints:
        """(need, weight) for each answered need that has the word."""
        found = self._postings.get(term)
        if found is None or found.shape[1] * 2 < len(self._by_term[term]):
            found = np.array(self._by_term[term], dtype=np.int64).reshape(-1, 2).T
            self._postings[term] = found
        return found

    def entries(self) -> Ints:
        return self._entries.columns()


class NeedsBefore:
    """What holds of the needs told before one day."""

    def __init__(self, history: History, today: int) -> None:
        self._history, self.today = history, today
        self.count = bisect_left(history.need_days, today)  # needs are in the order of their time
        needs, terms, weights = history.entries()
        old = needs < self.count
        keys, place = np.unique(needs[old] * (len(history.terms) + 1) + terms[old], return_inverse=True)
        self._needs, self._terms = np.divmod(keys, len(history.terms) + 1)
        self._weights = np.bincount(place, weights[old], len(keys)).astype(np.int64)
        self.named = np.bincount(self._terms, minlength=len(history.terms))  # per term, how many needs have it
        self.words = int(self.named.sum())

    @cached_property
    def rarities(self) -> Ints:
        """Per term ln(1 + needs / (1 + needs that have it)), in hundredths; 0 for a word that says nothing."""
        rare = np.maximum(ln_1p(ONE * self.count // (1 + self.named)), NAT)
        return np.where(self.named > self.count // COMMON_WORD_SHARE + COMMON_WORD_LEAST, 0, rare)

    @cached_property
    def lengths(self) -> Ints:
        """Per need, the length of its vector of words."""
        squares = np.bincount(self._needs, (self._weights * self.rarities[self._terms]) ** 2, self.count)
        return np.maximum(np.sqrt(squares).astype(np.int64), 1)

    def similarities(self, stems: dict[str, int]) -> tuple[Ints, Ints]:
        """The answered needs that are alike to these words (stem: weight), in order, and how much, as a cosine in
        1/65,536; none below a twentieth."""
        parts, square = [np.zeros((2, 0), dtype=np.int64)], 0
        for stem, weight in stems.items():
            term = self._history.terms.get(stem, len(self.named))
            is_new = term >= len(self.named)
            rarity = int(ln_1p(np.array(ONE * self.count))) if is_new else int(self.rarities[term])
            square += (weight * rarity) ** 2
            if rarity and not is_new:
                needs, weights = self._history.by_term(term)
                parts.append(np.stack((needs, weight * weights * rarity * rarity)))
        touched, products = np.concatenate(parts, axis=1)
        needs, place = np.unique(touched[touched < self.count], return_inverse=True)
        dots = np.bincount(place, products[touched < self.count], len(needs)).astype(np.int64)
        alike = dots * ONE // (self.lengths[needs] * max(1, int(np.sqrt(square))))
        return needs[alike > LEAST_SIMILAR], alike[alike > LEAST_SIMILAR]


def facts_of(world: World, table: str, owner: str, key: str, register: list[Any]) -> list[Fact]:
    """What a register of the world says here."""
    time, said = register[0], register[4]
    if table == "interests" and not said.get("confidential"):
        return [(time, _NEED, owner, said.get("note") or "", said["subject"])]
    if table == "expertise":
        return [(time, _SHOWN, owner, "", said["subject"])]
    if table == "conversations":
        a, b = owner.split()
        held_at = said.get("held_at")
        return [
            (time, _TALKED, a, b, (said.get("minutes") or 0, day_of(parse_canonical(held_at) if held_at else time)))
        ]
    if table == "endorsements":
        return [(time, _ENDORSED, owner, key.split(" ")[1], said)]
    if table == "introductions" and key.startswith("rated ") and (said or 0) >= WELL_RATED:
        one = suggestion(world, owner)
        rater = key.split(" ")[1]
        if one is not None and rater in (one.a, one.b):
            return [(time, _RATED, one.other(rater), rater, "")]
    return []


OF_HISTORY = ("interests", "expertise", "conversations", "endorsements", "introductions")


def facts_in(world: World) -> list[Fact]:
    """All that a world says here."""
    return [
        fact
        for table in OF_HISTORY
        for owner, cells in world.tables[table].items()
        for key, register in cells.items()
        for fact in facts_of(world, table, owner, key, register)
    ]
