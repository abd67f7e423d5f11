"""What members said with which subject: the rows from which one learns what subjects mean (kin.py)."""

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from matcher.rows import Rows
from matcher.tables import Ints
from matcher.text import is_stop_word, mark, phrase_mark, pieces, subject_key

MOST_PIECES = 60  # of a note: more is not a need but an essay
LONGEST_PHRASE = 3  # words of a subject that can be found in a note
_WRAP = (1 << 63) - 1


class Sayings:
    """Every statement that names a subject, and the words and phrases said with it. A subject, a word and a phrase are
    marks (text.py): nothing that was said is kept as text, but the names of subjects."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # subject key -> its number; numbers of nobody's rows count for nothing
        self._named = Rows(3)  # slot, number of the subject, day it was told
        self._words = Rows(4)  # slot, number of the subject, day, mark of a word
        self._phrases = Rows(4)  # the same for two or three words together

    def add(self, slot: int, subject: str, note: str, day: int) -> None:
        """Takes in one statement."""
        key = subject_key(subject)
        number = self._numbers.setdefault(key, len(self._numbers))
        self._named.add(slot, number, day)
        said = pieces(note)[:MOST_PIECES]
        for each in {mark(piece) for piece in said if not is_stop_word(piece)}:
            self._words.add(slot, number, day, each)
        for each in set(_phrases(said)):
            self._phrases.add(slot, number, day, each)

    def drop(self, slot: int) -> None:
        """Forgets what a member said."""
        self._named, self._words, self._phrases = (
            rows.without([slot]) for rows in (self._named, self._words, self._phrases)
        )

    def named(self, before: int) -> Ints:
        """(slot, number) columns of the statements told before a day."""
        return _before(self._named, before)

    def words(self, before: int) -> Ints:
        """(slot, number, mark) columns of the words said before a day."""
        return _before(self._words, before)

    def said(self, before: int) -> Ints:
        """The same for words and phrases."""
        return np.concatenate((self.words(before), _before(self._phrases, before)), axis=1)

    def subjects(self) -> tuple[list[str], Ints]:
        """Subject keys by number, and the mark of each."""
        keys = list(self._numbers)
        return keys, np.array([phrase_mark(pieces(key)) for key in keys], dtype=np.int64)


def _before(rows: Rows, day: int) -> Ints:
    columns = rows.columns()
    return np.delete(columns[:, columns[2] < day], 2, axis=0)


def _phrases(said: list[str]) -> Iterator[int]:
    """The marks of two or three words that follow each other, unless all of them are stop words."""
    stop = [is_stop_word(piece) for piece in said]
    sums = [0, *accumulate(mark(piece) for piece in said)]
    for length in range(2, LONGEST_PHRASE + 1):
        for start in range(len(said) - length + 1):
            if not all(stop[start : start + length]):
                yield (sums[start + length] - sums[start]) & _WRAP
