"""Rows of whole numbers: what the read model of the judgement is made of, by member and by term."""

from array import array
from collections import defaultdict

import numpy as np

from matcher.tables import Ints


class Rows:
    """Columns of whole numbers, appended to in any order."""

    __slots__ = ("_columns",)

    def __init__(self, width: int) -> None:
        self._columns = tuple(array("q") for _ in range(width))

    def add(self, *row: int) -> None:
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)

    def columns(self) -> list[Ints]:
        return [np.array(column, dtype=np.int64) for column in self._columns]

    def without(self, slots: list[int]) -> "Rows":
        """All rows but those whose first column is one of `slots`."""
        columns = self.columns()
        others = ~np.isin(columns[0], slots)
        kept = Rows(len(columns))
        for column, values in zip(kept._columns, columns, strict=True):
            column.frombytes(values[others].tobytes())
        return kept


class Postings:
    """Rows (slot, day, amount, …) by term, a subject or the stem of a word, and which terms a member has."""

    def __init__(self, width: int) -> None:
        self.by_term: defaultdict[str, Rows] = defaultdict(lambda: Rows(width))
        self._terms_of: defaultdict[int, set[str]] = defaultdict(set)

    def add(self, term: str, slot: int, *row: int) -> None:
        self.by_term[term].add(slot, *row)
        self._terms_of[slot].add(term)

    def terms_of(self, slot: int) -> set[str]:
        return self._terms_of.get(slot, set())

    def drop(self, slot: int) -> None:
        for term in self._terms_of.pop(slot, ()):
            self.by_term[term] = self.by_term[term].without([slot])
