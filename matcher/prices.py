"""Exposure: what keeps one member from being suggested to everybody, and lets a newcomer be seen.

Both are on the scale of chances (millionths), where they cost least relevance (RELEVANCE.md, section 3: the same price
on points did worse, a hard cap far worse).
"""

from collections import defaultdict

import numpy as np

from matcher.policy import Policy
from matcher.roster import Roster
from matcher.tables import MILLION, ONE, Ints, fade
from schemas.instants import day_of

REST_HALF_LIFE_DAYS = 30  # a suggestion of a month ago weighs half
NEW_HALF_LIFE_DAYS = 30  # after a month a newcomer is half as new


def rest_prices(roster: Roster, at: int, policy: Policy) -> Ints:
    """Per slot, the price of a member: so much for each suggestion of late that named them."""
    slots, days, _ = roster.suggestions()
    of_late = np.bincount(slots, fade(day_of(at) - days, REST_HALF_LIFE_DAYS), len(roster))  # whole numbers below 2^53
    return policy.rest_price * of_late.astype(np.int64) // ONE


def exploring(roster: Roster, at: int, policy: Policy) -> Ints:
    """Per slot, what it is worth that they are seen: more the newer they are, less with every suggestion they had."""
    newness = fade(day_of(at) - roster.joined_days(), NEW_HALF_LIFE_DAYS)
    had = np.bincount(roster.suggestions()[0], minlength=len(roster))
    return policy.explore_bonus * newness // ONE // (1 + had)


class Ascent:
    """The price that holds each member's share of first tens near a cap, by dual ascent over a series of queries:
    after each, every price falls by step · cap, not below 0, and rises by step for whoever was shown.

    Prices depend on the order of the queries, so they serve where that is fixed: in a backtest. `cap` is a share, in
    millionths; `step` in millionths of a chance (RELEVANCE.md: about .8 / queries in a season).
    """

    def __init__(self, cap: int, step: int) -> None:
        self._fall = step * cap // MILLION
        self._step = step
        self._fallen = 0  # how far everybody has fallen so far; a price is kept as of its last change
        self._prices: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def of(self, member_id: str) -> int:
        """The member's price now."""
        price, as_of = self._prices[member_id]
        return max(0, price - (self._fallen - as_of))

    def shown(self, member_ids: list[str]) -> None:
        """Takes in the first ten of one more query."""
        self._fallen += self._fall
        for member_id in member_ids:
            self._prices[member_id] = (self.of(member_id) + self._step, self._fallen)
