"""Rows of whole numbers: what the read model of the judgement is made of, by member and by term."""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from copy import copy

import numpy as np

from matcher.tables import Ints


class Rows:
    """A table of whole numbers, appended to in any order."""

    __slots__ = ("_cells", "_width")

    def __init__(self, width: int) -> None:
        self._cells, self._width = array("q"), width

    def add(self, *row: int) -> None:
        self._cells.extend(row)

    def columns(self) -> Ints:
        """(columns, rows): one line of the array for each column."""
        return np.array(self._cells, dtype=np.int64).reshape(-1, self._width).T

    def with_row(self, *row: int) -> "Rows":
        """All rows and one more, beside these."""
        more = Rows(self._width)
        more._cells = self._cells + array("q", row)
        return more

    def without(self, slots: list[int]) -> "Rows":
        """All rows but those whose first column is one of `slots`."""
        columns = self.columns()
        kept = Rows(self._width)
        kept._cells.frombytes(columns[:, ~np.isin(columns[0], slots)].T.tobytes())
        return kept


class Owned:
    """Rows by owner (a slot), of whom all are replaced at once. What only grows is only appended to."""

    def __init__(self, width: int) -> None:
        self._rows, self._width = Rows(width + 1), width
        self._of: dict[int, array[int]] = {}
        self._replaced: set[int] = set()

    def put(self, owner: int, rows: Iterable[tuple[int, ...]]) -> None:
        """The rows of an owner, instead of those of before."""
        cells = array("q", [cell for row in rows for cell in row])
        before = self._of.pop(owner, array("q"))
        if cells:
            self._of[owner] = cells
        if cells[: len(before)] != before:
            self._replaced.add(owner)
        elif owner not in self._replaced:
            self._add(owner, cells[len(before) :])

    def _add(self, owner: int, cells: "array[int]") -> None:
        for start in range(0, len(cells), self._width):
            self._rows.add(owner, *cells[start : start + self._width])

    def columns(self) -> Ints:
        """(columns, rows), without the owners."""
        if self._replaced:
            self._rows = self._rows.without(sorted(self._replaced))
            for owner in sorted(self._replaced):
                self._add(owner, self._of.get(owner, array("q")))
            self._replaced.clear()
        return self._rows.columns()[1:]


class Postings:
    """Rows (slot, day, amount, …) by term, a subject or the stem of a word, and which terms a member has."""

    def __init__(self, width: int) -> None:
        self.by_term: defaultdict[str, Rows] = defaultdict(lambda: Rows(width))
        self._terms_of: defaultdict[int, set[str]] = defaultdict(set)

    def add(self, term: str, slot: int, *row: int) -> None:
        self.by_term[term].add(slot, *row)
        self._terms_of[slot].add(term)

    def with_row(self, term: str, slot: int, *row: int) -> "Postings":
        """All rows and one more, beside these; what is the same is shared."""
        more = copy(self)
        more.by_term, more._terms_of = self.by_term.copy(), self._terms_of.copy()
        more.by_term[term] = more.by_term[term].with_row(slot, *row)
        more._terms_of[slot] = self.terms_of(slot) | {term}
        return more

    def terms_of(self, slot: int) -> set[str]:
        return self._terms_of.get(slot, set())

    def slots(self) -> list[int]:
        """The members who have any term."""
        return list(self._terms_of)

    def drop(self, slot: int) -> None:
        for term in self._terms_of.pop(slot, ()):
            self.by_term[term] = self.by_term[term].without([slot])
