"""What came of needs in the past: who answered whose, and whom that served (RELEVANCE.md, section 6).

A *need* is what one member declared on one day with one note. Somebody *answered* it who, at one instant, talked with
the asker and showed expertise in one of its subjects; or whom the asker endorsed, or rated well after an introduction.
The answer was *useful* from the instant the asker said so.

All of it is read off the world, asker by asker (asker.py). Of whom something new is known is read again when somebody
asks, so that neither the order of arrival, nor what was put right or erased, makes a difference.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from math import isqrt
from typing import TypeGuard

import numpy as np

from matcher.asker import Answered, Asker, Endorsed, Need, Past
from matcher.facts import pair_key
from matcher.roster import Roster
from matcher.rows import Owned, Rows, ranges, sums_of
from matcher.tables import NAT, ONE, Ints, ln_1p
from matcher.text import subject_key, words
from matcher.world import Register, World
from schemas.instants import day_of, parse_canonical

COMMON_WORD_SHARE, COMMON_WORD_LEAST = 5, 50  # a word in more than a fifth of all needs and 50 is passed over (kt)
LEAST_SIMILAR = ONE // 20
LEAST_TOGETHER, LEAST_RELATED = 3, ONE // 20  # needs that name both subjects; the cosine (RELEVANCE.md, expand)
OF_A_SUBJECT = 2  # a word of a subject counts twice
SUBJECTS_AN_ANSWER = 5  # the most that the development data have in one
UNTIMED = -1  # how many days an answer took of which only the asker told
GONE = 1 << 40  # a day that never comes
NOTHING = np.zeros(0, dtype=np.int64)

ByDay = tuple[Ints, Ints]  # days in order, and how many on each


class History:
    """The answers to the needs of a world, and the instants of giving, by slot of the roster."""

    def __init__(self, world: World, roster: Roster, claims: Mapping[str, set[str]]) -> None:
        """`claims`: the subjects (normalised) that a member ever declared; praise for anything else says nothing."""
        self._world, self._roster, self._claims = world, roster, claims
        self.needs = Needs()
        # Need, days it took (or UNTIMED), whether it was the first, slot of the one who answered, day.
        self.answers = Owned(5, of_whom=3)
        self.useful = Owned(2)  # slot of the one who answered, day on which the asker said so
        # Whoever gave in a conversation: who showed expertise at its instant, or both, where nobody did.
        self.acted = Owned(4)  # slot, minutes, day, day it was told
        self.proven = Owned(2)  # slot, day: whoever showed expertise in a conversation
        self.shown = Owned(2)  # slot, day: an instant at which somebody showed expertise
        self.by_asker: dict[str, Past] = {}  # of those who have any
        self._shown_at: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self._instants: defaultdict[str, set[int]] = defaultdict(set)  # at which a member showed expertise
        self._talked_at: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self._endorsed_by: defaultdict[str, set[Endorsed]] = defaultdict(set)
        self._askers: set[str] = set()  # members to be read again
        self._givers: set[str] = set()
        self._held = world.held_rounds()
        for table in ("interests", "conversations", "expertise", "endorsements", "introductions"):
            for owner, cells in world.tables[table].items():
                for key, register in cells.items():
                    self.touch(table, owner, key, register)

    # --- following the world ----------------------------------------------------------------------------------------

    def touch(self, table: str, owner: str, key: str, register: Register) -> None:
        """Something was said, put right, or taken out: of whom it may say something here is to be read again."""
        if table == "interests":
            self._askers.add(owner)
        elif table == "expertise":
            self._shown_at[owner, register[0]].add(subject_key(register[4]["subject"]))
            self._instants[owner].add(register[0])
            self._givers.update((owner, *self._talked_at.get((owner, register[0]), ())))
            self._askers.update(self._talked_at.get((owner, register[0]), ()))
        elif table == "conversations":
            a, b = owner.split()
            self._talked_at[a, register[0]].add(b)
            self._talked_at[b, register[0]].add(a)
            self._givers.update((a, b))
            # Nobody was answered by whoever showed nothing then, and was never praised by them; should either be told
            # later, the asker is touched again.
            self._askers.update(one for one, other in ((a, b), (b, a)) if self._may_answer(one, other, register[0]))
        elif table == "endorsements":
            by = key.split(" ")[1]
            self._askers.add(by)
            self._endorsed_by[by].add((register[0], owner, subject_key(register[4])))
        elif table == "introductions" and key.startswith(("suggested ", "rated ")):
            self._askers.update(key.split(" ")[1:])
            for cell in self._world.tables["introductions"].get(owner, ()):  # which of several counts may have changed
                if cell.startswith("suggested "):
                    self._askers.update(cell.split(" ")[1:])
        elif table == "rounds":  # what was said of introductions counts from now on, or no longer: of another's, too
            before, self._held = self._held, self._world.held_rounds()
            for round_id in before.keys() | self._held.keys():
                if before.get(round_id) != self._held.get(round_id):
                    self._askers.update(self._raters_in(round_id))

    def _raters_in(self, round_id: str) -> Iterator[str]:
        for introduction_id in self._world.suggested_in.get(round_id, ()):
            for cell in self._world.tables["introductions"].get(introduction_id, ()):
                if cell.startswith("rated "):
                    yield cell.split(" ")[1]

    def _may_answer(self, asker_id: str, helper_id: str, time: int) -> bool:
        showed = time in self._instants.get(helper_id, ())
        return showed or any(praised == helper_id for _, praised, _ in self._endorsed_by.get(asker_id, ()))

    def praise_counts(self, by: Iterable[str]) -> None:
        """What these members endorsed somebody for is claimed from now on."""
        self._askers.update(by)

    def erase(self, member_id: str, slot: int | None) -> None:
        """Forgets a member of whom the world has forgotten everything, after all that named them was touched."""
        self.by_asker.pop(member_id, None)
        self._endorsed_by.pop(member_id, None)
        for time in self._instants.pop(member_id, ()):
            self._shown_at.pop((member_id, time), None)
        self.needs.put(member_id, [])
        if slot is not None:
            for rows in (self.answers, self.useful, self.acted, self.proven, self.shown):
                rows.put(slot, [])

    def settle(self) -> None:
        """Reads again whoever is to be."""
        for member_id in sorted(self._givers - self._world.erased):
            self._read_giver(member_id)
        for member_id in sorted(self._askers - self._world.erased):
            self._read_asker(member_id)
        self._givers.clear()
        self._askers.clear()

    def _read_giver(self, member_id: str) -> None:
        slot, mine = self._roster.slot(member_id), self._instants.get(member_id, set())
        self.shown.put(
            slot, [(slot, day_of(time)) for time in sorted(mine) for _ in range(self._answers_worth(member_id, time))]
        )
        gave: list[tuple[int, str, str, tuple[int, ...]]] = []
        for other_id in self._world.talked.get(member_id, ()):
            talks = self._world.tables["conversations"][pair_key(member_id, other_id)]
            for time, source, id, _, said in talks.values():
                if time in mine or time not in self._instants.get(other_id, ()):
                    held_at = said.get("held_at")
                    day = day_of(parse_canonical(held_at) if held_at else time)
                    gave.append((time, source, id, (slot, said.get("minutes") or 0, day, day_of(time))))
        self.acted.put(slot, [row for *_, row in sorted(gave)])
        self.proven.put(slot, [(slot, day_of(time)) for time, *_ in sorted(gave) if time in mine])

    def _answers_worth(self, member_id: str, time: int) -> int:
        """Of how many answers somebody showed these subjects: whoever claims two hundred at once knows none well."""
        return -(-len(self._shown(member_id, time)) // SUBJECTS_AN_ANSWER)

    def _read_asker(self, member_id: str) -> None:
        endorsed = [one for one in self._endorsed_by.get(member_id, ()) if one[2] in self._claims.get(one[1], ())]
        asker = Asker(self._world, member_id, self._shown, endorsed)
        self.by_asker.pop(member_id, None)
        if asker.needs:
            self.by_asker[member_id] = Past(asker.needs, asker.answers)
        numbers = self.needs.put(member_id, asker.needs)
        answers: list[tuple[int, ...]] = []
        useful: list[tuple[int, ...]] = []
        answered: set[int] = set()
        for time, place, helper_id, is_useful, is_shown in asker.answers:
            helper, day = self._roster.slot(helper_id), day_of(time)
            if is_useful:
                useful.append((helper, day))
            else:
                is_first = place not in answered
                took = day - asker.needs[place].day if is_shown else UNTIMED
                answers.append((numbers[place], took, int(is_first), helper, day))
                answered.add(place)
        slot = self._roster.slot(member_id)
        self.answers.put(slot, answers)
        self.useful.put(slot, useful)
        self.needs.mark_answered(numbers[place] for place in answered)

    def _shown(self, member_id: str, time: int) -> set[str]:
        return self._shown_at.get((member_id, time), set())

    # --- reading ------------------------------------------------------------------------------------------------------

    def outcomes(self) -> list[tuple[str, Need, list[Answered]]]:
        """Every need that was answered: whose, what it was, and its answers in the order of time."""
        return [
            (asker_id, need, answers)
            for asker_id, asker in sorted(self.by_asker.items())
            for place, need in enumerate(asker.needs)
            if (answers := [one for one in asker.answers if one.need == place])
        ]


class Needs:
    """All needs by number, with their words and subjects. A number is given once: a need that is told on, or put right,
    is another one, and the one of before is gone."""

    def __init__(self) -> None:
        self.terms: dict[str, int] = {}  # numbers of the stems
        self.together: defaultdict[str, Counter[str]] = defaultdict(Counter)  # how many needs name both subjects
        self.naming: Counter[str] = Counter()  # how many needs name a subject
        self._days = array("q")
        self._told: dict[str, tuple[list[Need], array[int]]] = {}  # by asker, and the number of each
        self._entries = Rows(3)  # need, term, weight; those of one need together
        self._ends = array("q", [0])  # of the entries of each need
        self._answered: set[int] = set()
        self._by_term: defaultdict[int, Rows] = defaultdict(partial(Rows, 2))  # of answered needs alone: need, weight
        self._by_subject: defaultdict[str, Rows] = defaultdict(partial(Rows, 1))  # needs
        self._before: dict[int, NeedsBefore] = {}
        self._told_on: Counter[int] = Counter()  # by day, how many needs
        # What is void once a need is told, or gone: of all, and of one that names the subject.
        self._related: dict[str, dict[str, int]] = {}
        self._told_naming: dict[str, ByDay] = {}

    def put(self, asker_id: str, needs: list[Need]) -> list[int]:
        """The needs of an asker, instead of those of before; returns their numbers."""
        before = dict(zip(*self._told.pop(asker_id, ((), ())), strict=True))
        numbers = [before.pop(need) if need in before else self._add(need) for need in needs]
        for need, number in before.items():
            self._days[number] = GONE
            self._count(need, -1)
        if needs:
            self._told[asker_id] = needs, array("q", numbers)
        return numbers

    def mark_answered(self, numbers: Iterable[int]) -> None:
        """Somebody answered these: only such needs are looked through for what is alike."""
        for number in set(numbers) - self._answered:
            self._answered.add(number)
            _, terms, weights = self.entries()[:, self._ends[number] : self._ends[number + 1]].tolist()
            for term, weight in zip(terms, weights, strict=True):
                self._by_term[term].add(number, weight)

    def _add(self, need: Need) -> int:
        number = len(self._ends) - 1
        self._days.append(need.day)
        for key in self._count(need, 1):
            self._by_subject[key].add(number)
        weights: dict[int, int] = {}
        for text, weight in ((need.note, 1), *((subject, OF_A_SUBJECT) for subject in need.subjects)):
            for stem in words(text):
                term = self.terms.setdefault(stem, len(self.terms))
                weights[term] = weights.get(term, 0) + weight
        self._entries.extend(cell for entry in weights.items() for cell in (number, *entry))
        self._ends.append(len(self._entries))
        return number

    def _count(self, need: Need, change: int) -> list[str]:
        keys = need.keys
        self._told_on[need.day] += change
        for one in keys:
            self.naming[one] += change
            self._told_naming.pop(one, None)
            for other in keys:
                if other != one:
                    self.together[one][other] += change
        self._related.clear()
        self._before = {today: before for today, before in self._before.items() if need.day >= today}
        return keys

    # --- reading ------------------------------------------------------------------------------------------------------

    def before(self, today: int) -> "NeedsBefore":
        """The needs told before this day, counted and measured."""
        if today not in self._before:
            self._before = {today: NeedsBefore(self, today)}
        return self._before[today]

    def days(self) -> Ints:
        """By number, the day of a need; `GONE` of one that is gone."""
        return np.array(self._days, dtype=np.int64)

    def related(self, key: str) -> dict[str, int]:
        """Subjects that often stand in one need with this one, and the cosine, in 1/65,536."""
        found = self._related.get(key)
        if found is None:
            often = [(other, n) for other, n in self.together.get(key, {}).items() if n >= LEAST_TOGETHER]
            named = self.naming[key]
            cosines = ((other, n * ONE // max(1, isqrt(named * self.naming[other]))) for other, n in often)
            found = self._related[key] = {other: cosine for other, cosine in cosines if cosine > LEAST_RELATED}
        return found

    def days_of(self, numbers: Ints) -> Ints:
        """The same of some."""
        return np.frombuffer(self._days, dtype=np.int64)[numbers]

    def sizes_of(self, numbers: Ints) -> Ints:
        """How many words each of them has."""
        ends = np.frombuffer(self._ends, dtype=np.int64)
        return np.asarray(ends[numbers + 1] - ends[numbers])

    def told_on(self) -> ByDay:
        """How many needs were told on which day."""
        days = sorted(self._told_on)
        return np.array(days, dtype=np.int64), np.array([self._told_on[day] for day in days], dtype=np.int64)

    def told_naming(self, key: str) -> ByDay:
        """How many that name a subject."""
        found = self._told_naming.get(key)
        if found is None:
            numbers = self._by_subject[key].columns()[0] if key in self._by_subject else NOTHING
            days = self.days_of(numbers)
            found = self._told_naming[key] = np.unique(days[days != GONE], return_counts=True)
        return found

    def with_term(self, term: int) -> Ints:
        """(need, weight) for each need that has the word and was ever answered."""
        return self._by_term[term].columns() if term in self._by_term else np.zeros((2, 0), dtype=np.int64)

    def ends(self) -> Ints:
        """Where the entries of each need end, and before them a 0."""
        return np.array(self._ends, dtype=np.int64)

    def entries(self) -> Ints:
        """(need, term, weight) of all needs that ever were."""
        return self._entries.columns()


class NeedsBefore:
    """What holds of the needs told before one day."""

    def __init__(self, needs: Needs, today: int) -> None:
        self._all = needs
        self._days = needs.days()
        numbers = needs.entries()[0]
        self._entries = needs.entries()[:, self._days[numbers] < today]
        self.count = int((self._days < today).sum())
        self.named = np.bincount(self._entries[1], minlength=len(needs.terms))  # per term, how many needs have it
        self.words = int(self.named.sum())
        ends = needs.ends()
        self._begins, self._counts = ends[:-1], np.diff(ends)  # of the entries of each

    def has(self, term: int | None) -> TypeGuard[int]:
        """Whether any need of before has this word; what was said since is of no account, whenever it is asked."""
        return term is not None and term < len(self.named) and self.named[term] > 0

    @cached_property
    def rarities(self) -> Ints:
        """Per term ln(1 + needs / (1 + needs that have it)), in hundredths; 0 for a word that says nothing."""
        rare = np.maximum(ln_1p(ONE * self.count // (1 + self.named)), NAT)
        return np.where(self.named > self.count // COMMON_WORD_SHARE + COMMON_WORD_LEAST, 0, rare)

    @cached_property
    def _rarity_of_new(self) -> int:
        return max(int(ln_1p(np.array(ONE * self.count))), NAT)

    @cached_property
    def _lengths(self) -> Ints:
        """Per need, the length of its vector of words."""
        numbers, terms, weights = self._entries
        squares = np.bincount(numbers, (weights * self.rarities[terms]) ** 2, len(self._days))
        return np.maximum(np.sqrt(squares).astype(np.int64), 1)

    def similar(self, stems: dict[str, int], numbers: Ints) -> Ints:
        """How alike each of these needs, told before the day, is to these words (stem: weight): a cosine in 1/65,536; 0
        below a twentieth."""
        weights, square = np.zeros(len(self.named), dtype=np.int64), 0
        for stem, weight in stems.items():
            term = self._all.terms.get(stem)
            if self.has(term):
                weights[term] = weight * self.rarities[term] ** 2
                square += (weight * int(self.rarities[term])) ** 2
            else:
                square += (weight * self._rarity_of_new) ** 2
        _, terms, theirs = self._all.entries()
        counts = self._counts[numbers]
        places = ranges(self._begins[numbers], counts)
        dots = sums_of(weights[terms[places]] * theirs[places], counts)
        alike = dots * ONE // (self._lengths[numbers] * max(1, int(np.sqrt(square))))
        return np.where(alike > LEAST_SIMILAR, alike, 0)
