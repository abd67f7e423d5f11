"""Rows of whole numbers: what the read model of the judgement is made of, by member and by term."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from copy import copy
from functools import partial
from itertools import chain, repeat
from typing import Any

import numpy as np

from matcher.tables import Ints

_NONE: "array[int]" = array("q")
_FEW = 16  # terms: a set of so many takes five times as much as they do one after the other


class Rows:
    """A table of whole numbers, appended to in any order. What was read stays as it is: new rows go behind it."""

    __slots__ = ("_added", "_columns", "_count", "_width")
    generation = of_whom = 0  # of a table that is only appended to, by slot

    def __init__(self, width: int) -> None:
        self._added, self._width = array("q"), width  # cells that nobody has read yet
        self._columns, self._count = np.zeros((width, 0), dtype=np.int64), 0  # with room for more rows than `count`

    @property
    def width(self) -> int:
        return self._width

    def __len__(self) -> int:
        return self._count + len(self._added) // self._width

    def add(self, *row: int) -> None:
        self._added.extend(row)

    def extend(self, cells: Iterable[int]) -> None:
        """Adds rows, one behind the other."""
        self._added.extend(cells)

    def columns(self) -> Ints:
        """(columns, rows): one line of the array for each column; not to be written to."""
        if self._added:
            self._append(np.array(self._added, dtype=np.int64).reshape(-1, self._width).T)
            self._added = array("q")
        return self._columns[:, : self._count]

    def put(self, columns: Ints) -> None:
        """These rows, instead of all."""
        self._added, self._columns, self._count = array("q"), columns, columns.shape[1]

    def _append(self, rows: Ints) -> None:
        count = self._count + rows.shape[1]
        if count > self._columns.shape[1]:
            grown = np.zeros((self._width, max(count, 2 * self._count)), dtype=np.int64)
            grown[:, : self._count] = self._columns[:, : self._count]
            self._columns = grown
        self._columns[:, self._count : count] = rows
        self._count = count

    def with_row(self, *row: int) -> "Rows":
        """All rows and one more, beside these."""
        more = Rows(self._width)
        more._append(self.columns())
        more.add(*row)
        return more

    def without(self, slots: list[int]) -> "Rows":
        """All rows but those whose first column is one of `slots`."""
        columns, kept = self.columns(), Rows(self._width)
        is_one = columns[0] == slots[0] if len(slots) == 1 else np.isin(columns[0], slots)
        first, *rest = np.split(columns, np.flatnonzero(is_one), axis=1)  # few go: whole stretches are copied
        kept.put(np.concatenate([first, *(part[:, 1:] for part in rest)], axis=1))
        return kept


def distinct(values: Ints) -> Ints:
    """Each value once, in order. (`np.unique` puts them into a hash table first: of ten million values that takes forty
    times as long as to sort them, which it then does, too.)

    >>> distinct(np.array([7, 3, 7])).tolist()
    [3, 7]
    """
    ranked = np.sort(values)
    return np.concatenate((ranked[:1], ranked[1:][ranked[1:] != ranked[:-1]]))


def firsts_of(values: Ints, most: int) -> Ints:
    """Where each value, none of them below 0 or over `most`, stands first, in the order of values: by one sort, where
    a value and its place have room in one number.

    >>> firsts_of(np.array([7, 3, 7]), 9).tolist()
    [1, 0]
    """
    of_place = len(values).bit_length()
    if most.bit_length() + of_place > 63:
        return np.unique(values, return_index=True)[1]
    ranked = np.sort(values << of_place | np.arange(len(values)))
    is_first = np.diff(ranked >> of_place, prepend=-1) != 0
    return ranked[is_first] & ((1 << of_place) - 1)


def by_slot(slots: Ints) -> tuple[Ints, Ints, Ints]:
    """The order that brings equal slots together, where each one's rows begin in it, and the slots, in order."""
    order = slots.argsort()
    ranked = slots[order]
    is_first = np.ones(len(ranked), dtype=bool)
    np.not_equal(ranked[1:], ranked[:-1], out=is_first[1:])
    starts = np.flatnonzero(is_first)
    return order, starts, ranked[starts]


def ranges(begins: Ints, counts: Ints) -> Ints:
    """So many places from each begin on, behind each other.

    >>> ranges(np.array([7, 0]), np.array([2, 3])).tolist()
    [7, 8, 0, 1, 2]
    """
    ends = counts.cumsum()
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - ends + counts, counts)


def sums_of(values: Ints, counts: Ints) -> Ints:
    """The sum of the first so many values, of the next so many, and so on.

    >>> sums_of(np.array([5, 2, 1]), np.array([0, 2, 1])).tolist()
    [0, 7, 1]
    """
    sums, has_any = np.zeros(len(counts), dtype=np.int64), counts > 0
    if len(values):
        sums[has_any] = np.add.reduceat(values, (counts.cumsum() - counts)[has_any])
    return sums


class Owned:
    """Rows by owner (a number), of whom all are replaced at once. What only grows is only appended to."""

    def __init__(self, width: int, of_whom: int = 0) -> None:
        """`of_whom`: the column with the slot of whom a row is."""
        self._rows, self._owners, self._width, self.of_whom = Rows(width), Rows(1), width, of_whom
        self._of: dict[int, array[int]] = {}
        self._replaced: set[int] = set()
        self.generation = 0  # how often rows were taken out: places in what was read before are of other rows
        # Slots of whom rows came or went, once somebody follows them (presence.py).
        self.changed: set[int] | None = None

    def put(self, owner: int, rows: Iterable[tuple[int, ...]]) -> bool:
        """The rows of an owner, instead of those of before; returns whether any of those is gone."""
        cells = array("q", chain.from_iterable(rows))
        before = self._of.pop(owner, _NONE)
        if cells:
            self._of[owner] = cells
        is_gone = cells[: len(before)] != before
        if is_gone:
            self._replaced.add(owner)
        elif owner not in self._replaced:
            self._add(owner, cells[len(before) :])
        if self.changed is not None:
            touched = before + cells if is_gone else cells[len(before) :]
            self.changed.update(touched[self.of_whom :: self._width])
        return is_gone

    def _add(self, owner: int, cells: "array[int]") -> None:
        self._rows.extend(cells)
        self._owners.extend(repeat(owner, len(cells) // self._width))

    def columns(self) -> Ints:
        """(columns, rows), without the owners."""
        if self._replaced:
            self.generation += 1
            stays = ~np.isin(self._owners.columns()[0], sorted(self._replaced))
            for rows in (self._rows, self._owners):
                rows.put(rows.columns()[:, stays])
            for owner in sorted(self._replaced):
                self._add(owner, self._of.get(owner, _NONE))
            self._replaced.clear()
        return self._rows.columns()


Table = Rows | Owned


class Postings:
    """Rows (slot, day, amount, …) by term, a subject or the stem of a word, and which terms a member has."""

    def __init__(self, width: int, derived: dict[str, Any] | None = None) -> None:
        self._width = width
        # What others derived of a term's rows: void once they change. Postings that are read together share it.
        self.derived: dict[str, Any] = {} if derived is None else derived
        self.by_term: defaultdict[str, Rows] = defaultdict(partial(Rows, width))
        self._terms_of: dict[int, tuple[str, ...] | set[str]] = {}
        self._breadths = array("q")  # by slot, how many terms
        self.changes = 0  # how often a row was added, or rows were taken out

    def add(self, term: str, slot: int, *row: int) -> None:
        self.changes += 1
        self.by_term[term].add(slot, *row)
        if self.derived:
            self.derived.pop(term, None)
        terms = self._terms_of.get(slot, ())
        if term in terms:
            return
        self._terms_of[slot] = _with(terms, term)
        if slot >= len(self._breadths):
            self._breadths.extend(repeat(0, slot + 1 - len(self._breadths)))
        self._breadths[slot] += 1

    def put(self, slot: int, rows: Iterable[tuple[Any, ...]]) -> None:
        """The rows of a member (term, day, amount, …), instead of those of before; terms of which they say what they
        said stay untouched, with what was derived of them."""
        if slot not in self._terms_of:
            for term, *cells in rows:
                self.add(term, slot, *cells)
            return
        told: defaultdict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
        for term, *cells in rows:
            told[term][slot, *cells] += 1
        for term in self.terms_of(slot):
            before = self._rows_in(term, slot)
            if before <= told[term]:
                told[term] -= before
            else:
                self.drop(slot, [term])
        for term, counted in told.items():
            for row in counted.elements():
                self.add(term, *row)

    def _rows_in(self, term: str, slot: int) -> Counter[tuple[int, ...]]:
        columns = self.by_term[term].columns()
        return Counter(map(tuple, columns[:, columns[0] == slot].T.tolist()))

    def with_row(self, term: str, slot: int, *row: int) -> "Postings":
        """All rows and one more, beside these; what is the same is shared."""
        more = copy(self)
        more.by_term, more._terms_of = self.by_term.copy(), self._terms_of.copy()
        more.by_term[term] = more.by_term[term].with_row(slot, *row)
        more.derived = {}
        more._terms_of[slot] = tuple(self.terms_of(slot) | {term})
        more._breadths = array("q", self._breadths)
        more._breadths.extend(0 for _ in range(slot + 1 - len(more._breadths)))
        more._breadths[slot] = len(more._terms_of[slot])
        return more

    def terms_of(self, slot: int) -> set[str]:
        return set(self._terms_of.get(slot, ()))

    def of(self, term: str) -> Ints:
        """(columns, rows) of a term."""
        return self.by_term[term].columns() if term in self.by_term else np.zeros((self._width, 0), dtype=np.int64)

    def breadths(self, members: int) -> Ints:
        """Per slot, how many terms a member has."""
        known = np.array(self._breadths, dtype=np.int64)[:members]
        return known if len(known) == members else np.append(known, np.zeros(members - len(known), dtype=np.int64))

    def slots(self) -> list[int]:
        """The members who have any term."""
        return list(self._terms_of)

    def drop(self, slot: int, terms: Collection[str] | None = None) -> None:
        """Takes out what a member has of these terms; of all, unless said otherwise."""
        had = self.terms_of(slot)
        dropped = had if terms is None else had.intersection(terms)
        for term in dropped:
            self.by_term[term] = self.by_term[term].without([slot])
            self.derived.pop(term, None)
        if not dropped:
            return
        self.changes += 1
        self._breadths[slot] -= len(dropped)
        left = had - dropped
        if left:
            self._terms_of[slot] = left if len(left) > _FEW else tuple(left)
        else:
            del self._terms_of[slot]


def _with(terms: tuple[str, ...] | set[str], term: str) -> tuple[str, ...] | set[str]:
    """These terms, which are the member's own, and one more."""
    if isinstance(terms, set):
        terms.add(term)
        return terms
    return (*terms, term) if len(terms) < _FEW else {*terms, term}
