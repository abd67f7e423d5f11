"""What speaks for candidates with respect to a need, beside the plain sum of their expertise (RELEVANCE.md, section 6).

Each is computed for the candidates only. With e: a candidate's faded expertise in a subject, E: in all subjects.
"""

from functools import cached_property

import numpy as np

from matcher.history import GONE, OF_A_SUBJECT, Needs
from matcher.needs import FULL, Need
from matcher.reading import EXPERTISE_HALF_LIFE_DAYS, Reading
from matcher.tables import ONE, Ints, fade, ln_1p
from matcher.text import words

LEAST_TOGETHER, LEAST_RELATED = 3, ONE // 20  # needs that name both subjects; the cosine (RELEVANCE.md, expand)
_LIFT_PRIOR, _PROPENSITY_PRIOR, _WORDS_PRIOR = 5, 10, 30  # how much evidence weighs as much as what is usual


class Evidence:
    """What past needs and answers say of everybody at one instant; each part computed when first asked for."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._history = reading.index.history()
        self._needs = self._history.needs
        self._before = self._needs.before(reading.today)
        self._days = self._needs.days()
        self._told = _Faded(self._days, reading.today)
        self._by_subject: dict[str, _Faded] = {}
        self._answered: dict[int, Ints] = {}

    def of_need(self, need: Need, others: Ints) -> dict[str, Ints]:
        """The features of OF_NEED for some candidates (slots)."""
        alike = self._alike(need)[others]
        return {
            **self._of_subjects(need, others),
            "expand": self._expand(need, others),
            "kt": alike,
            "ktn": alike * ONE // (self._lasting[others] + 3 * ONE),
            "wordlift": self._wordlift(need, others),
        }

    # --- subjects -----------------------------------------------------------------------------------------------------

    @cached_property
    def _lasting(self) -> Ints:
        return self.reading.presence.shown

    @cached_property
    def _joined(self) -> Ints:
        return self.reading.index.roster.joined_days()

    def _of_subjects(self, need: Need, others: Ints) -> dict[str, Ints]:
        """lift240: knows this rather than everything. proplift: answers this more often than asked."""
        lift = proplift = np.zeros(len(others), dtype=np.int64)
        all_of_them, joined = self._lasting[others], self._joined[others]
        usual = ln_1p(all_of_them // _LIFT_PRIOR)
        asked = self._told.since(joined)
        for term, strength in need.subjects.items():
            theirs, of_subject = self._evidence(term, others), self._asked(term)
            share = self._told.total + ONE, of_subject.total + ONE // 5
            lift = lift + strength * (ln_1p(theirs * share[0] // (_LIFT_PRIOR * share[1])) - usual)
            more = ln_1p(theirs * (asked + 20 * ONE) // (_PROPENSITY_PRIOR * (all_of_them + ONE // 50)))
            proplift = proplift + strength * (more - ln_1p(of_subject.since(joined) // _PROPENSITY_PRIOR))
        return {"lift240": lift // FULL, "proplift": proplift // FULL}

    def _evidence(self, term: str, others: Ints) -> Ints:
        return _at(self.reading.evidence(term, is_word=False), others)

    def _asked(self, term: str) -> "_Faded":
        found = self._by_subject.get(term)
        if found is None:
            names = {term: ONE, **self.reading.kin(term)}  # as its evidence is that of its kin, too
            days = [self._days[self._needs.naming_subject(name)] for name in names]
            counts = np.repeat(np.array(list(names.values())), [len(each) for each in days])
            found = self._by_subject[term] = _Faded(np.concatenate(days), self.reading.today, counts)
        return found

    def _expand(self, need: Need, others: Ints) -> Ints:
        """Σ rarity · relation · ln(1 + e) over subjects that were not asked and often go with those that were."""
        total = np.zeros(len(others), dtype=np.int64)
        for term, relation in related_to(self._needs, need).items():
            slots, worth = self.reading.given(term, is_word=False)
            total += relation * _at((slots, worth), others) // ONE
        return total

    # --- words --------------------------------------------------------------------------------------------------------

    def _alike(self, need: Need) -> Ints:
        """Per slot, Σ over the needs they answered of similarity² · fading, in 1/65,536."""
        needs, slots, faded = self._answers
        similar = _at(self._before.similarities(_weighted_stems(need)), needs)
        some = np.flatnonzero(similar)
        slots, weights = slots[some], (similar[some] ** 2 // ONE) * faded[some] // ONE
        return np.bincount(slots, weights, self.reading.members).astype(np.int64)

    @cached_property
    def _answers(self) -> tuple[Ints, Ints, Ints]:
        """Of every answer: the need, who gave it, and its fading."""
        needs, _, _, slots, days = self._history.answers.columns()
        return needs, slots, fade(self.reading.today - days, EXPERTISE_HALF_LIFE_DAYS)

    def _wordlift(self, need: Need, others: Ints) -> Ints:
        """Σ over words of ln((count + 30π) / ((all + 30)π)): the words of what they answered, beside what is usual."""
        total = np.zeros(len(others), dtype=np.int64)
        usual = ln_1p(self._words[others] * ONE // _WORDS_PRIOR)
        for stem, strength in need.words.items():
            term = self._needs.terms.get(stem)
            if term is None or term >= len(self._before.named):
                continue
            named = 2 * int(self._before.named[term]) + 1
            share = ONE * 2 * (self._before.words + 1)
            total += strength * (ln_1p(self._answers_with(term)[others] * share // (_WORDS_PRIOR * named)) - usual)
        return total // FULL

    @cached_property
    def _words(self) -> Ints:
        """Per slot, the words of all needs that they answered."""
        needs, slots, _ = self._answers
        counts = np.bincount(self._needs.entries()[0], minlength=len(self._days))
        return np.bincount(slots, counts[needs], self.reading.members).astype(np.int64)

    def _answers_with(self, term: int) -> Ints:
        """Per slot, how many needs with this word they answered."""
        found = self._answered.get(term)
        if found is None:
            needs, slots, _ = self._answers
            has = np.zeros(len(self._days), dtype=bool)
            has[self._needs.with_term(term)[0]] = True
            found = self._answered[term] = np.bincount(slots[has[needs]], minlength=self.reading.members)
        return found


class _Faded:
    """The needs of some days, faded to today with a half-life of 240 days: all, and those since a day."""

    def __init__(self, days: Ints, today: int, counts: Ints | int = ONE) -> None:
        """`counts`: how much each counts, in 1/65,536."""
        kept = np.flatnonzero(days != GONE)
        kept = kept[np.argsort(days[kept], kind="stable")]
        self._days = days[kept]
        each = counts if isinstance(counts, int) else counts[kept]
        faded = fade(today - self._days, EXPERTISE_HALF_LIFE_DAYS) * each // ONE
        self._from = np.concatenate((faded[::-1].cumsum()[::-1], [0]))
        self.total = int(self._from[0])

    def since(self, days: Ints) -> Ints:
        return self._from[self._days.searchsorted(days)]


def related_to(needs: Needs, need: Need) -> dict[str, int]:
    """Subjects that often stand in one need with an asked one: the greatest cosine, in 1/65,536."""
    found: dict[str, int] = {}
    for term in need.subjects:
        for other, count in needs.together.get(term, {}).items():
            if count >= LEAST_TOGETHER and other not in need.subjects:
                cosine = count * ONE // max(1, int(np.sqrt(needs.naming[term] * needs.naming[other])))
                if cosine > LEAST_RELATED:
                    found[other] = max(cosine, found.get(other, 0))
    return found


def _weighted_stems(need: Need) -> dict[str, int]:
    """The stems of a need; those of its subjects count twice."""
    of_subjects = {stem for term in need.subjects for stem in words(need.written[term])}
    return {stem: OF_A_SUBJECT if stem in of_subjects else 1 for stem in need.words}


def _at(sparse: tuple[Ints, Ints], others: Ints) -> Ints:
    """The values at some slots, of slots in order and their values; 0 where there is none."""
    slots, values = sparse
    if not len(slots):
        return np.zeros(len(others), dtype=np.int64)
    places = np.minimum(slots.searchsorted(others), len(slots) - 1)
    return np.where(slots[places] == others, values[places], 0)
