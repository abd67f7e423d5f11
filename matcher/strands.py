"""What ties one member to others: for each term that they look for, who gives it; for each that they give, who looks
for it. Whoever is in none of these strands has nothing to do with the member that words could say."""

from collections.abc import Iterator
from typing import NamedTuple

from matcher.features import OF_TEXT
from matcher.needs import FULL, Need
from matcher.reading import Reading
from matcher.tables import Ints

STRENGTH_ONE = FULL  # sums are in thousandths of what the features of text are
_GIVES, _SEEKS = (OF_TEXT.index(name) for name in ("subj240", "seeks120"))  # the words of either are next to them
_OF_WORDS = (_GIVES + 1, _SEEKS + 1)


class Strand(NamedTuple):
    """`factor · amounts` of the column of this number in OF_TEXT, for these slots, in order, each but once."""

    column: int
    slots: Ints
    amounts: Ints
    factor: int

    def is_of_words(self) -> bool:
        """Whether it is words that tie them, and not a subject."""
        return self.column in _OF_WORDS


def strands_of(reading: Reading, slot: int, need: Need) -> Iterator[Strand]:
    """All that one member has to do with others, for a need."""
    for is_word in (False, True):
        for term, strength in (need.words if is_word else need.subjects).items():
            slots, worth = reading.given(term, is_word)
            yield Strand(_GIVES + is_word, slots, worth, strength)
        for term in reading.terms_served(slot, is_word):
            seekers, strengths = reading.sought(term, is_word)
            if len(seekers):
                yield Strand(_SEEKS + is_word, seekers, strengths, reading.worth_of(term, is_word, slot))
