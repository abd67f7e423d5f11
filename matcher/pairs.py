"""The pairs of a round: everybody with each of their pool, what either is worth to the other, and what it is worth that
they meet.

Points add up feature by feature, so that no pair needs all of its features at one time: those that a pool knows are let
go block by block, and what speaks for others with respect to a need is added need by need. The few pairs that are taken
are measured again.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.candidates import Block, Pools, Spread, of_round
from matcher.card import by_hand
from matcher.evidence import evidence_at
from matcher.features import OF_NEED, OF_PAIR, OF_TEXT, of_pairs, of_text_of_pairs, turned
from matcher.judging import points_of_each
from matcher.policy import Policy
from matcher.prices import exploring, rest_prices
from matcher.reading import Reading
from matcher.rows import firsts_of
from matcher.scorecard import Card
from matcher.tables import MILLION, Ints

SEEKERS = 2_000  # whose needs are looked at together: some 20 MB of what is measured
A_REASON_POINTS = 12  # what a shared subject is always worth, and one word that many use is not


class Pairs(NamedTuple):
    """Candidate pairs, each once: `a` and `b` are slots; the points of b for a, and of a for b; and what one gives of
    what the other looks for, in points by hand, whichever is more."""

    a: Ints
    b: Ints
    points_a: Ints
    points_b: Ints
    helps: Ints

    def at(self, places: Ints) -> "Pairs":
        return Pairs(*(column[places] for column in self))


_NO_PAIRS = Pairs(*np.zeros((5, 0), dtype=np.int64))


class Sides(NamedTuple):
    """What is measured between the members of pairs: of b for a, and of a for b."""

    a: dict[str, Ints]
    b: dict[str, Ints]


def candidate_pairs(
    reading: Reading, card: Card, taking_part: Ints, policy: Policy, available: NDArray[np.bool_], spread: Spread = map
) -> Pairs:
    """Every pair of one who takes part (slots) and one of their pool, each once, with what either is to the other."""
    by_themselves = points_of_each(reading, card)
    pools = Pools(reading, of_round(policy), available).of_each(taking_part, spread)
    for slot in taking_part.tolist():
        reading.need(slot)  # kept for later; where threads are lent, they make pools meanwhile
    blocks = [_judged(reading, card, by_themselves, block) for block in pools]
    pairs = Pairs(*(np.concatenate(columns) for columns in zip(_NO_PAIRS, *blocks, strict=True)))
    less, more = np.minimum(pairs.a, pairs.b), np.maximum(pairs.a, pairs.b)
    pairs = pairs.at(firsts_of(less * reading.members + more, reading.members**2))  # each once
    of_a, of_b = _points_of_needs(reading, card, pairs.a, pairs.b), _points_of_needs(reading, card, pairs.b, pairs.a)
    return pairs._replace(points_a=pairs.points_a + of_a, points_b=pairs.points_b + of_b)


def _judged(reading: Reading, card: Card, by_themselves: Ints, block: Block) -> Pairs:
    """The pairs of some pools, but for what speaks for them with respect to needs."""
    a, b = block.members, block.others
    ab = dict(zip(OF_TEXT, block.text.T, strict=True)) | of_pairs(reading, a, b)
    ba = turned(ab)
    points = [sum(card.points(name, side[name]) for name in (*OF_TEXT, *OF_PAIR)) for side in (ab, ba)]
    return Pairs(a, b, by_themselves[b] + points[0], by_themselves[a] + points[1], np.maximum(helps(ab), helps(ba)))


def helps(between: dict[str, Ints]) -> Ints:
    """What others give of what a member looks for, in points by hand."""
    return by_hand().points("subj240", between["subj240"]) + by_hand().points("words240", between["words240"])


def _points_of_needs(reading: Reading, card: Card, seekers: Ints, others: Ints) -> Ints:
    """The points of what speaks for these others with respect to what each seeker looks for; many seekers together,
    since most of what they look for others look for, too."""
    order = np.argsort(seekers, kind="stable")
    points = np.zeros(len(seekers), dtype=np.int64)
    begins = np.append(np.flatnonzero(np.diff(seekers[order], prepend=-1))[::SEEKERS], len(order))
    for begin, end in pairwise(begins.tolist()):
        places = order[begin:end]
        measured = of_needs(reading, seekers[places], others[places])
        points[places] = sum(card.points(name, measured[name]) for name in OF_NEED)
    return points


def of_needs(reading: Reading, seekers: Ints, others: Ints) -> dict[str, Ints]:
    """The features of OF_NEED for pairs, those of one seeker behind each other."""
    begins = np.flatnonzero(np.diff(seekers, prepend=-1))
    needs = [reading.need(slot) for slot in seekers[begins].tolist()]
    return evidence_at(reading).of_needs(needs, np.append(begins, len(seekers)), others)


def sides_of(reading: Reading, a: Ints, b: Ints) -> Sides:
    """All that is measured between the members of a few pairs."""
    between = of_text_of_pairs(reading, a, b) | of_pairs(reading, a, b)
    return Sides(between | of_needs(reading, a, b), turned(between) | of_needs(reading, b, a))


# --- what it is worth that they meet ----------------------------------------------------------------------------------


def values_of(reading: Reading, card: Card, pairs: Pairs, policy: Policy) -> Ints:
    """The chance that it is worth both their time, less both prices, plus what exploring the two is worth."""
    roster = reading.index.roster
    own = exploring(roster, reading.at, policy) - rest_prices(roster, reading.at, policy)
    both = card.chance(pairs.points_a) * card.chance(pairs.points_b) // MILLION
    return both + own[pairs.a] + own[pairs.b]


def have_something_to_say(reading: Reading, pairs: Pairs) -> NDArray[np.bool_]:
    """Pairs in which what one gives meets what the other looks for, in more than one everyday word. That both are
    around is no reason to meet; but of somebody who has told nothing yet, no other can be asked."""
    told = reading.index.have_told()
    return (pairs.helps >= A_REASON_POINTS) | ~told[pairs.a] | ~told[pairs.b]
