"""Candidates: whom a member might be introduced to. One function for rounds, `ask` and backtests, so that what is
measured is what is served.

1. Everybody of another group who is there, has room, and is not excluded by a rule (rules.py) is *eligible*.
2. A personal list: the best by *fit*, which is the text features both ways and each member's prior of the day, with
   the points of the card by hand.
3. Three short lists that all share: the most active, the last heard of, and the newest (the day's).
4. The pool is their union, less whoever is not eligible.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.card import by_hand
from matcher.features import NOTHING, OF_MEMBER, OF_TEXT, of_members, of_pair, of_text
from matcher.needs import Need
from matcher.policy import Policy
from matcher.presence import USUALLY_ACTIVE
from matcher.reading import Reading
from matcher.rules import never_with
from matcher.scorecard import Card
from matcher.tables import Ints

Points = NDArray[np.int32]  # fit is computed in half the width, which is faster to look through; points fit many times
_OUT = np.int32(-(1 << 31))


class Sizes(NamedTuple):
    """How long the personal list and each shared list are."""

    personal: int
    shared: int


OF_ASK = Sizes(personal=400, shared=240)  # RELEVANCE.md: lists of 240 hold .92 of the relevant


def of_round(policy: Policy) -> Sizes:
    """The sizes that a round's policy says."""
    return Sizes(policy.personal, policy.shared)


class Pool(NamedTuple):
    """A member's candidates: slots in rising order, and what is measured between the two, the features of text and
    pair."""

    slots: Ints
    between: dict[str, Ints]


class Pools:
    """The pools of many members at one instant; `available` says by slot who is there with room."""

    def __init__(self, reading: Reading, sizes: Sizes, available: NDArray[np.bool_]) -> None:
        self._reading, self._card, self._sizes, self._available = reading, by_hand(), sizes, available
        self._mixes = reading.index.roster.mixes()
        self._prior = _prior(reading, self._card)
        self._shared = np.zeros(reading.members, dtype=bool)
        for ranked in (reading.day.most_active, reading.day.last_heard_of, reading.day.newest):
            self._shared[ranked[: sizes.shared]] = True

    def of(self, slot: int, need: Need) -> Pool:
        """The candidates of one member for a need."""
        eligible = self._available & ~_excluded(self._reading, slot)
        text = of_text(self._reading, slot, need)
        fit = self._prior.copy()
        for name in OF_TEXT:
            fit += _points_by_value(name).take(text[name], mode="clip")
        chosen = self._shared & eligible
        chosen[_best(fit, eligible, self._mixes, self._sizes.personal)] = True
        slots = np.flatnonzero(chosen)
        between = {name: values[slots] for name, values in text.items()} | of_pair(self._reading, slot, slots)
        return Pool(slots, between)


@cache
def _points_by_value(name: str) -> Points:
    """What each value of a feature of text is worth in a fit, up to the last one that makes a difference: a table that
    need not be searched. Fit is symmetric: what b gives a is worth as much as what a gives b (DESIGN.md section 4)."""
    edges, points = by_hand().tables[{"seeks120": "subj240", "seekwords120": "words240"}.get(name, name)]
    return points[edges.searchsorted(np.arange(edges[-1] + 1), side="right")].astype(np.int32)


def _excluded(reading: Reading, slot: int) -> NDArray[np.bool_]:
    roster, world = reading.index.roster, reading.index.world
    member_id = roster.ids[slot]
    excluded = roster.without_common_language(member_id)
    never = [roster.slots[other] for other in never_with(world, member_id, reading.at) if other in roster.slots]
    excluded[never] = True
    return excluded


def _prior(reading: Reading, card: Card) -> Points:
    """What the card says of everybody by themselves, of the day; whoever joined today is a stranger to it."""
    if reading.day.prior is None:
        measured = of_members(reading.day.presence)
        points = np.array([card.points(name, measured[name]) for name in OF_MEMBER])
        reading.day.prior = points.sum(axis=0).astype(np.int32)
    of_day: Points = reading.day.prior
    nothing = NOTHING if reading.day.presence.is_told else NOTHING | {"act7": USUALLY_ACTIVE}
    of_nobody = sum(int(card.points(name, np.array([nothing[name]]))[0]) for name in OF_MEMBER)
    return np.pad(of_day, (0, reading.members - len(of_day)), constant_values=of_nobody)


def _best(values: Points, eligible: NDArray[np.bool_], mixes: NDArray[np.uint64], count: int) -> Ints:
    """The slots of the `count` greatest values among the eligible; ties by the mix of the id."""
    theirs = np.where(eligible, values, _OUT)
    least = np.partition(theirs, -count)[-count] if len(theirs) > count else _OUT
    if least == _OUT:
        return np.flatnonzero(eligible)
    above, at_least = np.flatnonzero(theirs > least), np.flatnonzero(theirs == least)
    tied = at_least[np.argsort(mixes[at_least], kind="stable")][: count - len(above)]
    return np.concatenate((above, tied))
