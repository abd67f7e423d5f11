"""What members said with which subject: the rows from which one learns what subjects mean (kin.py)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matcher.rows import Rows
from matcher.tables import Ints
from matcher.text import is_stop_word, mark, phrase_mark, pieces, subject_key

MOST_PIECES = 60  # of a note: more is not a need but an essay
_WRAP = (1 << 63) - 1


class Sayings:
    """Every statement that names a subject, and the words and phrases said with it. A subject, a word and a phrase are
    marks (text.py): nothing that was said is kept as text, but the names of subjects."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # subject key -> its number; numbers of nobody's rows count for nothing
        self._statements = Rows(3)  # slot, number of the subject, day it was told
        self._words = Rows(2)  # number of the statement, mark of a word
        self._phrases = Rows(2)  # the same for two or three words together

    def add(self, slot: int, subject: str, note: str, day: int) -> None:
        """Takes in one statement."""
        key, statement = subject_key(subject), len(self._statements)
        self._statements.add(slot, self._numbers.setdefault(key, len(self._numbers)), day)
        said = pieces(note)[:MOST_PIECES]
        marks, stops = list(map(mark, said)), list(map(is_stop_word, said))
        words = {each for each, is_stop in zip(marks, stops, strict=True) if not is_stop}
        for rows, found in ((self._words, words), (self._phrases, set(_phrases(marks, stops)))):
            rows.extend(cell for each in found for cell in (statement, each))

    def drop(self, slot: int) -> None:
        """Forgets what a member said."""
        stays = self._statements.columns()[0] != slot
        self._statements = self._statements.without([slot])
        self._words, self._phrases = (_of_those(rows, stays) for rows in (self._words, self._phrases))

    def named(self, before: int) -> Ints:
        """(slot, number) columns of the statements told before a day."""
        statements = self._statements.columns()
        return statements[:2, statements[2] < before]

    def words(self, before: int) -> Ints:
        """(slot, number, mark) columns of the words said before a day."""
        return self._before(self._words, before)

    def said(self, before: int) -> Ints:
        """The same for words and phrases."""
        return np.concatenate((self.words(before), self._before(self._phrases, before)), axis=1)

    def _before(self, rows: Rows, day: int) -> Ints:
        statements, (of, marks) = self._statements.columns(), rows.columns()
        told = statements[2, of] < day
        return np.stack((*statements[:2, of[told]], marks[told]))

    def subjects(self) -> tuple[list[str], Ints]:
        """Subject keys by number, and the mark of each."""
        keys = list(self._numbers)
        return keys, np.array([phrase_mark(pieces(key)) for key in keys], dtype=np.int64)


def _of_those(rows: Rows, stays: NDArray[np.bool_]) -> Rows:
    """The rows of the statements that stay, by their new numbers."""
    (of, marks), left, numbers = rows.columns(), Rows(2), stays.cumsum() - 1
    left.put(np.stack((numbers[of], marks))[:, stays[of]])
    return left


def _phrases(marks: list[int], stops: list[bool]) -> Iterator[int]:
    """The marks of two or three words that follow each other, unless all of them are stop words."""
    for one, two, one_stops, two_stops in zip(marks, marks[1:], stops, stops[1:], strict=False):
        if not (one_stops and two_stops):
            yield (one + two) & _WRAP
    for one, two, three, *stop in zip(marks, marks[1:], marks[2:], stops, stops[1:], stops[2:], strict=False):
        if not all(stop):
            yield (one + two + three) & _WRAP
