"""Kin: the other subjects that mean (nearly) what a subject means, as the members of the network write them.

Two subjects are kin
1. by spelling (spelling.py);
2. by naming: some declare one and name the other in their note ("others call it …");
3. by company: the same words are said with both.
Only what was told before Monday counts, whoever told it when, so that the kin of a week are the same for everybody.
"""

from functools import cached_property
from math import isqrt

import numpy as np

from matcher.rows import distinct
from matcher.sayings import Sayings
from matcher.spelling import Likeness, Spellings
from matcher.tables import ONE, Ints, ln_1p
from matcher.text import phrase_mark, pieces

MOST_KIN = 12
# How much it takes, as a cosine; see ARCHITECTURE.md for how many pairs are true from there on.
LEAST_NAMING, LEAST_COMPANY = ONE // 10, ONE * 2 // 5
LEAST_MEMBERS = 2  # who name both: one alone may mean anything
LEAST_WORDS = 3  # that are said with both
# A word that goes with more subjects than this says nothing of any: a twentieth of all and 20, and never more than 200,
# which bounds the time.
WORD_SHARE, WORD_LEAST, WORD_MOST = 20, 20, 200
Sparse = tuple[Ints, Ints]  # places in rising order, and the value at each


class Kinship:
    """Who is kin to whom among the subjects that were named before a day; each found when first asked for.

    Within, a subject is the place of its mark (text.py) among all marks: however it is inflected.
    """

    def __init__(self, sayings: Sayings, today: int) -> None:
        self._sayings, self._today = sayings, today
        keys, marks = sayings.subjects()
        self._named = sayings.named(today)
        told = distinct(self._named[1])
        self._marks, self._marks_of = distinct(marks[told]), marks
        self._keys: list[list[str]] = [[] for _ in self._marks]
        for place, key in zip(self._places(told).tolist(), (keys[number] for number in told), strict=True):
            self._keys[place].append(key)
        self._known = frozenset(key for keys_of_mark in self._keys for key in keys_of_mark)
        self._near: dict[str, Likeness] = {}
        self._kin: dict[str, Likeness] = {}

    def knows(self, subject: str) -> bool:
        """Whether a subject (key) was named before the day. What was not has kin by spelling only."""
        return subject in self._known

    def of(self, subject: str) -> Likeness:
        """The kin of a subject (key), each with its likeness in 1/65,536. Each is the other's kin, or neither is: a
        subject that has too many keeps those that are likest."""
        found = self._kin.get(subject)
        if found is None:
            found = self._nearest(subject)
            if self.knows(subject):
                found = {other: like for other, like in found.items() if subject in self._nearest(other)}
            self._kin[subject] = found
        return found

    def _nearest(self, subject: str) -> Likeness:
        found = self._near.get(subject)
        if found is None:
            likeness = self._spellings.of(subject)
            for other, like in self._by_use(subject).items():
                likeness[other] = max(like, likeness.get(other, 0))
            ranked = sorted(likeness.items(), key=lambda item: (-item[1], item[0]))
            found = self._near[subject] = dict(ranked[:MOST_KIN])
        return found

    @cached_property
    def _spellings(self) -> Spellings:
        return Spellings(self._known)

    def _by_use(self, subject: str) -> Likeness:
        """By naming and by company."""
        place = _find(self._marks, phrase_mark(pieces(subject)))
        if place is None:
            return {}
        found: dict[int, int] = {}
        for others, likeness in (self._naming.of(place), self._company.of(place)):
            for other, like in zip(others.tolist(), likeness.tolist(), strict=True):
                found[other] = max(like, found.get(other, 0))
        return {key: like for other, like in found.items() for key in self._keys[other]}

    def _places(self, numbers: Ints) -> Ints:
        return self._marks.searchsorted(self._marks_of[numbers])

    @cached_property
    def _naming(self) -> "_Naming":
        said = self._sayings.said(self._today)
        named = _places_of(self._marks, said[2])
        some = np.flatnonzero(named >= 0)
        declared = np.stack((self._places(self._named[1]), self._named[0]))
        return _Naming(declared, np.stack((self._places(said[1, some]), named[some], said[0, some])), len(self._marks))

    @cached_property
    def _company(self) -> "_Company":
        slots, numbers, words = self._sayings.words(self._today)
        return _Company(np.stack((self._places(numbers), words, slots)), len(self._marks))


class _Naming:
    """How often two subjects are named in one statement, the one declared and the other in its note: the cosine of the
    members who do, beside those who name either."""

    def __init__(self, declared: Ints, mentioned: Ints, subjects: int) -> None:
        """`declared`: columns (subject, member); `mentioned`: columns (declared, mentioned, member)."""
        often = np.bincount(_distinct(np.concatenate((declared, mentioned[1:]), axis=1))[0], minlength=subjects)
        mentioned = mentioned[:, mentioned[0] != mentioned[1]]
        both_ways = np.concatenate((mentioned, mentioned[[1, 0, 2]]), axis=1)
        pairs, members = _by_how_many(both_ways)
        enough = np.flatnonzero(members >= LEAST_MEMBERS)
        (self._from, self._to), members = pairs[:, enough], members[enough]
        self._cosine = _cosine(members * members, often[self._from], often[self._to])

    def of(self, place: int) -> Sparse:
        start, end = self._from.searchsorted([place, place + 1])
        likely = start + np.flatnonzero(self._cosine[start:end] > LEAST_NAMING)
        return self._to[likely], self._cosine[likely]


class _Company:
    """How alike the words are that are said with two subjects: the cosine of ln(1 + members) · rarity."""

    def __init__(self, said: Ints, subjects: int) -> None:
        """`said`: columns (subject, word, member)."""
        words = np.unique(said[1], return_inverse=True)[1]
        pairs, members = _by_how_many(np.stack((said[0], words, said[2])))
        word, named = pairs[1], np.bincount(pairs[1])
        tells = np.flatnonzero(named[word] <= min(WORD_MOST, subjects // WORD_SHARE + WORD_LEAST))
        rarity = ln_1p(subjects * ONE // named)
        self._subject, self._word = pairs[0, tells], word[tells]
        self._weight = ln_1p(members[tells] * ONE) * rarity[self._word]
        self._by_word = np.argsort(self._word, kind="stable")
        self._of_word = self._word[self._by_word]
        self._squares = np.bincount(self._subject, self._weight**2, subjects).astype(np.int64)
        self._subjects = subjects

    def of(self, place: int) -> Sparse:
        start, end = self._subject.searchsorted([place, place + 1])
        words, weights = self._word[start:end], self._weight[start:end]
        begins, ends = self._of_word.searchsorted(words), self._of_word.searchsorted(words, side="right")
        rows = [self._by_word[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        products = np.repeat(weights, ends - begins) * self._weight[row]  # whole numbers below 2^53: exact as floats
        others, at, common = np.unique(self._subject[row], return_inverse=True, return_counts=True)
        dots = np.bincount(at, products, len(others)).astype(np.int64)
        enough = np.flatnonzero((common >= LEAST_WORDS) & (others != place))
        others, dots = others[enough], dots[enough]
        squares = [isqrt(int(self._squares[place]) * int(square)) for square in self._squares[others]]
        cosine = dots * ONE // np.maximum(np.array(squares, dtype=np.int64), 1)
        likely = np.flatnonzero(cosine > LEAST_COMPANY)
        return others[likely], cosine[likely]


def _distinct(columns: Ints) -> Ints:
    """The rows that differ, in order. Packed into one number each, which sorts ten times as fast; numbers of subjects,
    words and members together are below 2^63."""
    if not columns.size:
        return columns
    sizes = (columns.max(axis=1) + 1).tolist()
    packed = columns[0]
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        packed = packed * size + column
    packed = distinct(packed)
    unpacked = []
    for size in sizes[:0:-1]:
        packed, last = np.divmod(packed, size)
        unpacked.append(last)
    return np.stack((packed, *unpacked[::-1]))


def _by_how_many(columns: Ints) -> tuple[Ints, Ints]:
    """Which pairs there are of the first two columns, in order, and how many members (the third) each has."""
    pairs = _distinct(columns)[:2]
    begins = np.flatnonzero(np.any(np.diff(pairs, axis=1, prepend=-1), axis=0))
    return pairs[:, begins], np.diff(begins, append=pairs.shape[1])


def _cosine(squared: Ints, a: Ints, b: Ints) -> Ints:
    """√(squared / (a · b)) in 1/65,536; whole numbers below 2^20."""
    root = np.sqrt(squared * ONE // (a * b) * ONE).astype(np.int64)  # of whole numbers below 2^53
    return np.minimum(root, ONE)


def _find(sorted_marks: Ints, mark: int) -> int | None:
    place = int(sorted_marks.searchsorted(mark))
    return place if place < len(sorted_marks) and sorted_marks[place] == mark else None


def _places_of(sorted_marks: Ints, marks: Ints) -> Ints:
    """Where each mark stands, -1 where it is none of them."""
    if not len(sorted_marks):
        return np.full(len(marks), -1, dtype=np.int64)
    places = np.minimum(sorted_marks.searchsorted(marks), len(sorted_marks) - 1)
    return np.where(sorted_marks[places] == marks, places, -1)
