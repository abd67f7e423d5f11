"""Exposure: what keeps one member from being suggested to everybody, and lets a newcomer be seen.

Both are on the scale of chances (millionths), where they cost least relevance (RELEVANCE.md, section 3: the same price
on points did worse, a hard cap far worse).
"""

from collections import defaultdict

from matcher.introductions import suggestions_of
from matcher.policy import Policy
from matcher.tables import MILLION, ONE, fade_one
from matcher.world import World
from schemas.instants import day_of

REST_HALF_LIFE_DAYS = 30  # a suggestion of a month ago weighs half
NEW_HALF_LIFE_DAYS = 30  # after a month a newcomer is half as new


def rest_price(world: World, member_id: str, at: int, policy: Policy) -> int:
    """The price of a member in a round: so much for each suggestion of late that named them."""
    ages = [day_of(at) - day_of(one.since) for one in suggestions_of(world, member_id)]
    return sum(policy.rest_price * fade_one(age, REST_HALF_LIFE_DAYS) for age in ages) // ONE


def exploring(world: World, member_id: str, joined_day: int, at: int, policy: Policy) -> int:
    """What it is worth that this member is seen: more the newer they are, less with every suggestion they had."""
    newness = fade_one(day_of(at) - joined_day, NEW_HALF_LIFE_DAYS)
    return policy.explore_bonus * newness // ONE // (1 + len(suggestions_of(world, member_id)))


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
