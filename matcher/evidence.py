"""What speaks for candidates with respect to a need, beside the plain sum of their expertise (RELEVANCE.md, section 6).

Each is computed for the candidates only, from what there is of each term, which is computed once for all who look for
it. With e: a candidate's faded expertise in a subject, E: in all subjects.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.history import OF_A_SUBJECT, ByDay, Needs, NeedsBefore
from matcher.needs import FULL, Need
from matcher.reading import EXPERTISE_HALF_LIFE_DAYS, NOBODY, Reading
from matcher.rows import by_slot, ranges, sums_of
from matcher.tables import ONE, Ints, fade, ln_1p
from matcher.text import words

_LIFT_PRIOR, _PROPENSITY_PRIOR, _WORDS_PRIOR = 5, 10, 30  # how much evidence weighs as much as what is usual
Sparse = tuple[Ints, Ints]  # distinct slots in rising order, and a value of each; all others have 0


def evidence_at(reading: Reading) -> "Evidence":
    """What is known at an instant, kept until anything is told: nothing of it differs between two of one day."""
    if reading.live.of_needs is None:
        reading.live.of_needs = Evidence(reading)
    kept: Evidence = reading.live.of_needs
    return kept


class Evidence:
    """What past needs and answers say of everybody on one day; each part computed when first asked for."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._needs = reading.index.history().needs
        self._before = self._needs.before(reading.today)
        self._told = _Faded([(self._needs.told_on(), ONE)], reading.today)
        self._answers = _answers_at(reading, self._needs, self._before)
        self._by_subject: dict[str, _Subject] = {}

    def of_need(self, need: Need, others: Ints) -> dict[str, Ints]:
        """The features of OF_NEED for some candidates (slots)."""
        return self.of_needs([need], np.array([0, len(others)]), others)

    def of_needs(self, needs: Sequence[Need], starts: Ints, others: Ints) -> dict[str, Ints]:
        """The same for the candidates of many needs, those of each from where it starts; term by term, since most terms
        stand in many needs."""
        asked = _Asked(needs, starts)
        alike = self._alike(asked, others)
        return {
            **self._of_subjects(asked, others),
            "expand": self._expand(asked, others),
            "kt": alike,
            "ktn": alike * ONE // (self._lasting[others] + 3 * ONE),
            "wordlift": self._wordlift(asked, others),
        }

    # --- subjects -----------------------------------------------------------------------------------------------------

    @cached_property
    def _lasting(self) -> Ints:
        return self._reading.presence.shown

    @cached_property
    def _joined(self) -> Ints:
        return self._reading.index.roster.joined_days()

    def _of_subjects(self, asked: "_Asked", others: Ints) -> dict[str, Ints]:
        """lift240: knows this rather than everything. proplift: answers this more often than asked."""
        lift, propensity, usual = np.zeros((3, len(others)), dtype=np.int64)
        for term, rows, strengths in asked.by_term(need.subjects for need in asked.needs):
            subject, theirs = self._subject(term), others[rows]
            found = _places(theirs, subject.slots)
            lift[rows] += strengths * _at(found, subject.lift)
            propensity[rows] += strengths * _at(found, subject.propensity)
            usual[rows] += strengths * subject.asked.logs_since(self._joined[theirs])
        strengths = asked.each(sum(need.subjects.values()) for need in asked.needs)
        lift -= strengths * ln_1p(self._lasting[others] // _LIFT_PRIOR)
        return {"lift240": lift // FULL, "proplift": (propensity - usual) // FULL}

    def _subject(self, term: str) -> "_Subject":
        found = self._by_subject.get(term)
        if found is None:
            found = self._by_subject[term] = self._read_subject(term)
        return found

    def _read_subject(self, term: str) -> "_Subject":
        slots, theirs = self._reading.evidence(term, is_word=False)
        names = {term: ONE, **self._reading.kin(term)}  # as its evidence is that of its kin, too
        told = [(self._needs.told_naming(name), likeness) for name, likeness in names.items()]
        asked = _Faded(told, self._reading.today)
        share = self._told.total + ONE, asked.total + ONE // 5
        lift = ln_1p(theirs * share[0] // (_LIFT_PRIOR * share[1]))
        since = self._told.since(self._joined[slots]) + 20 * ONE
        shown = np.maximum(self._lasting[slots], theirs)  # praise adds to what they ever showed, too
        propensity = ln_1p(theirs * since // (_PROPENSITY_PRIOR * (shown + ONE // 50)))
        return _Subject(asked, slots, lift, propensity)

    def _expand(self, asked: "_Asked", others: Ints) -> Ints:
        """Σ rarity · relation · ln(1 + e) over subjects that were not asked and often go with those that were."""
        total = np.zeros(len(others), dtype=np.int64)
        for term, rows, relations in asked.by_term(related_to(self._needs, need) for need in asked.needs):
            slots, worth = self._reading.given(term, is_word=False)
            total[rows] += relations * _at(_places(others[rows], slots), worth) // ONE
        return total

    # --- words --------------------------------------------------------------------------------------------------------

    def _alike(self, asked: "_Asked", others: Ints) -> Ints:
        """For each, Σ over the needs they answered before the day of similarity² · fading, in 1/65,536."""
        numbers, faded, counts = self._answers.given_by(others)
        similar = np.zeros(len(numbers), dtype=np.int64)
        begins = np.append(0, counts.cumsum())[asked.starts].tolist()
        for need, (begin, end) in zip(asked.needs, pairwise(begins), strict=True):
            if begin < end:
                similar[begin:end] = self._before.similar(_weighted_stems(need), numbers[begin:end])
        return sums_of(similar**2 // ONE * faded // ONE, counts)

    def _wordlift(self, asked: "_Asked", others: Ints) -> Ints:
        """Σ over words of ln((count + 30π) / ((all + 30)π)): the words of what they answered, beside what is usual."""
        total, told = np.zeros((2, len(others)), dtype=np.int64)
        for stem, rows, strengths in asked.by_term(need.words for need in asked.needs):
            term = self._needs.terms.get(stem)
            if self._before.has(term):
                slots, lift = self._answers.with_word(term)
                total[rows] += strengths * _at(_places(others[rows], slots), lift)
                told[rows] += strengths
        usual = ln_1p(self._answers.words[others] * ONE // _WORDS_PRIOR)
        return (total - told * usual) // FULL


class _Asked:
    """Some needs, and where the rows of each one's candidates start."""

    def __init__(self, needs: Sequence[Need], starts: Ints) -> None:
        self.needs, self.starts, self._counts = needs, starts, np.diff(starts)

    def by_term(self, terms_of_each: Iterable[dict[str, int]]) -> Iterator[tuple[str, Ints | slice, Ints | int]]:
        """Each term that any of them has: the rows of those who have it, and by row, how much of it."""
        having: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, terms in enumerate(terms_of_each):
            for term, amount in terms.items():
                having[term].append((place, amount))
        for term, told in having.items():
            if len(told) == 1:
                [(place, amount)] = told
                yield term, slice(self.starts[place], self.starts[place + 1]), amount
            else:
                places, amounts = np.array(told, dtype=np.int64).T
                counts = self._counts[places]
                yield term, ranges(self.starts[places], counts), np.repeat(amounts, counts)

    def each(self, values: Iterable[int]) -> Ints:
        """By row, the value of its need."""
        return np.repeat(np.fromiter(values, dtype=np.int64, count=len(self.needs)), self._counts)


class _Places(NamedTuple):
    """Where others stand among the slots of a `Sparse`, and whether they stand there at all."""

    places: Ints
    is_there: NDArray[np.bool_]


def _places(others: Ints, slots: Ints) -> _Places:
    if not len(slots):
        return _Places(np.zeros(len(others), dtype=np.int64), np.zeros(len(others), dtype=np.bool_))
    places = slots.searchsorted(others).clip(max=len(slots) - 1)
    return _Places(places, slots[places] == others)


def _at(found: _Places, values: Ints) -> Ints:
    """What they have of a `Sparse`."""
    return np.where(found.is_there, values[found.places], 0) if len(values) else np.zeros_like(found.places)


class _Faded:
    """Needs, faded to today with a half-life of 240 days: all, and those since a day."""

    def __init__(self, told: Sequence[tuple[ByDay, int]], today: int) -> None:
        """`told`: how many on which days, and how much each counts, in 1/65,536."""
        days = np.concatenate([days for (days, _), _ in told])
        self._first = int(days.min(initial=today))
        amounts = np.concatenate([counts * amount for (_, counts), amount in told])
        count = np.bincount(days - self._first, amounts, 1).astype(np.int64)
        faded = count * fade(today - self._first - np.arange(len(count)), EXPERTISE_HALF_LIFE_DAYS) // ONE
        self._from = np.append(faded[::-1].cumsum()[::-1], 0)  # by day, from the first on
        self.total = int(self._from[0])

    def since(self, days: Ints) -> Ints:
        return self._from.take(days - self._first, mode="clip")

    def logs_since(self, days: Ints) -> Ints:
        """ln(1 + those since a day / 10)."""
        return self._logs.take(days - self._first, mode="clip")

    @cached_property
    def _logs(self) -> Ints:
        return ln_1p(self._from // _PROPENSITY_PRIOR)


class _Subject:
    """How often a subject was asked for; who has shown that they know it (slots), what that is beside all that they
    know, and beside all that was asked since they joined."""

    def __init__(self, asked: _Faded, slots: Ints, lift: Ints, propensity: Ints) -> None:
        self.asked, self.slots, self.lift, self.propensity = asked, slots, lift, propensity


def _answers_at(reading: Reading, needs: Needs, before: NeedsBefore) -> "_Answers":
    """Kept while nobody answers anything: most of what is told is no answer."""
    kept, told = reading.day.answers, reading.index.history().answers
    count = told.columns().shape[1]
    of = told.generation, count, reading.members, before
    if kept is None or kept.of != of:
        kept = reading.day.answers = _Answers(of, told.columns(), needs, reading.today)
    found: _Answers = kept
    return found


class _Answers:
    """Every answer, in the order of needs: its need, who gave it, and its fading."""

    def __init__(self, of: tuple[int, int, int, NeedsBefore], told: Ints, needs: Needs, today: int) -> None:
        """`of`: the state of what was told, how many answers and members there are, and the needs told before."""
        order = told[0].argsort(kind="stable")
        self.needs, _, _, self.slots, days = told[:, order]
        self.faded = fade(today - days, EXPERTISE_HALF_LIFE_DAYS)
        self.of, self._told = of, needs
        *_, self._members, self._before = of
        self._is_of_before = needs.days_of(self.needs) < today
        self._by_word: dict[int, Sparse] = {}

    def given_by(self, slots: Ints) -> tuple[Ints, Ints, Ints]:
        """The answers that each of these gave to needs told before the day: to which, how faded, and how many."""
        order, begins = self._by_slot
        counts = begins[slots + 1] - begins[slots]
        places = order[ranges(begins[slots], counts)]
        return self.needs[places], self.faded[places], counts

    @cached_property
    def _by_slot(self) -> tuple[Ints, Ints]:
        told = np.flatnonzero(self._is_of_before)
        slots = self.slots[told]
        begins = np.append(0, np.bincount(slots, minlength=self._members).cumsum())
        return told[slots.argsort(kind="stable")], begins

    @cached_property
    def words(self) -> Ints:
        """Per slot, the words of all needs that they answered."""
        return np.bincount(self.slots, self._told.sizes_of(self.needs), self._members).astype(np.int64)

    def with_word(self, term: int) -> Sparse:
        """Who answered needs with this word, and for each ln(1 + count / 30π)."""
        found = self._by_word.get(term)
        if found is None:
            found = self._by_word[term] = self._read_word(term)
        return found

    def _read_word(self, term: int) -> Sparse:
        needs = self._told.with_term(term)[0]
        begins = self.needs.searchsorted(needs)
        answers = ranges(begins, self.needs.searchsorted(needs, side="right") - begins)
        if not len(answers):
            return NOBODY, NOBODY
        _, starts, slots = by_slot(self.slots[answers])
        counts = np.diff(starts, append=len(answers))
        named, share = 2 * int(self._before.named[term]) + 1, ONE * 2 * (self._before.words + 1)
        return slots, ln_1p(counts * share // (_WORDS_PRIOR * named))


def related_to(needs: Needs, need: Need) -> dict[str, int]:
    """Subjects that often stand in one need with an asked one: the greatest cosine, in 1/65,536."""
    found: dict[str, int] = {}
    for term in need.subjects:
        for other, cosine in needs.related(term).items():
            if other not in need.subjects:
                found[other] = max(cosine, found.get(other, 0))
    return found


def _weighted_stems(need: Need) -> dict[str, int]:
    """The stems of a need; those of its subjects count twice."""
    of_subjects = {stem for term in need.subjects for stem in words(need.written[term])}
    return {stem: OF_A_SUBJECT if stem in of_subjects else 1 for stem in need.words}
