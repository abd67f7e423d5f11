"""Subjects that are the same by how they are written: other spellings, compounds, slips of the pen.

Only subjects that members of the network wrote are compared, so no dictionary is needed; and only by look-up (equal
stems, equal tail, one letter less), so that it takes linear time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import takewhile

from matcher.tables import ONE
from matcher.text import folded, phrase_mark, pieces, stem

Likeness = dict[str, int]  # subject key -> 1/65,536

SAME = ONE  # but for hyphens, spaces, umlauts
INFLECTED = ONE * 7 // 8
SLIP = ONE * 7 // 8  # one letter too many, too few or wrong, or two in the wrong order
COMPOUND = ONE * 3 // 4  # a German head stands last: every Unternehmensnachfolge is a Nachfolge
LONGEST_ENDING = 3  # letters: stems bring together what does not mean the same, "products" and "productivity"
LEAST_SLIPPED = 9  # letters; shorter ones are words of their own: "patent" and "patient"
LEAST_HEAD = 6  # letters of a head; it also keeps out "-ung" and "-heit"
LEAST_MODIFIER = 3
_NOT = ("non", "nicht")  # what these stand before means the opposite
MOST_COMPOUNDS = 6  # a head of more compounds than this says little by itself: "Beratung", "Planung"


class Spellings:
    """Which of some subjects are the same by spelling."""

    def __init__(self, subjects: Iterable[str]) -> None:
        self._stems: defaultdict[str | int, list[str]] = defaultdict(list)
        self._slips: defaultdict[str, list[str]] = defaultdict(list)
        self._compounds: defaultdict[str, list[str]] = defaultdict(list)
        self._known = known = sorted(subjects)
        for subject in known:
            for key in _keys(subject):
                self._stems[key].append(subject)
            for slip in _one_letter_less(_joined(pieces(subject))):
                self._slips[slip].append(subject)
        for subject in known:
            for head in self._heads(subject):
                self._compounds[head].append(subject)

    def of(self, subject: str) -> Likeness:
        """The other subjects that are the same as this one, each with its likeness."""
        joined = _joined(pieces(subject))
        found: Likeness = {}
        heads = [head for head in self._heads(subject) if len(self._compounds[head]) <= MOST_COMPOUNDS]
        compounds = self._compounds.get(subject) or self._with_tail.get(joined, [])
        found.update((each, COMPOUND) for each in [*heads, *(compounds if len(compounds) <= MOST_COMPOUNDS else [])])
        found.update((each, SLIP) for slip in _one_letter_less(joined) for each in self._slips.get(slip, ()))
        for each in self._stems.get(phrase_mark(pieces(subject)), ()):
            found[each] = INFLECTED
        for each in self._stems.get(_stem(joined), ()):
            theirs = _joined(pieces(each))
            if _is_inflected(theirs, joined):
                found[each] = SAME if theirs == joined else INFLECTED
        found.pop(subject, None)
        return found

    def _heads(self, subject: str) -> Iterator[str]:
        """The subjects that a compound ends in."""
        for tail in _tails(subject):
            known = self._stems.get(_stem(tail), ())
            yield from (each for each in known if _is_inflected(_joined(pieces(each)), tail))

    @cached_property
    def _with_tail(self) -> dict[str, list[str]]:
        """Compounds by what they end in, for a head that nobody has named by itself yet."""
        found: dict[str, list[str]] = {}
        for subject in self._known:
            for tail in _tails(subject):
                found.setdefault(tail, []).append(subject)
        return found


def _joined(words: Iterable[str]) -> str:
    return folded("".join(words))


def _stem(joined: str) -> str:
    return folded(stem(joined))


def _keys(subject: str) -> Iterator[str | int]:
    """Two subjects with a key in common have the same stems: written as one word, or in any order."""
    words = pieces(subject)
    yield _stem(_joined(words))
    if len(words) > 1:
        yield phrase_mark(words)


def _tails(subject: str) -> Iterator[str]:
    """What a compound may end in: at a word of it, or within the last. The letters that link (s, n, en, es) belong to
    what stands before."""
    *before, last = pieces(subject) or [""]
    if (before or [last])[0].startswith(_NOT):
        return
    tails = [_joined([*before[start:], last]) for start in range(1, len(before) + 1)]
    tails += [folded(last)[start:] for start in range(LEAST_MODIFIER, len(last) - LEAST_HEAD + 1)]
    yield from (tail for tail in tails if len(tail) >= LEAST_HEAD)


def _is_inflected(a: str, b: str) -> bool:
    """Whether two words of one stem differ by no more than an ending."""
    shared = sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(a, b, strict=False)))
    return max(len(a), len(b)) - shared <= LONGEST_ENDING


def _one_letter_less(word: str) -> set[str]:
    """Two words that have one of these in common differ by one slip (or one letter that moved)."""
    if len(word) < LEAST_SLIPPED:
        return set()
    return {word, *(word[:place] + word[place + 1 :] for place in range(1, len(word)))}
