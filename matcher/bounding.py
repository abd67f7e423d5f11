"""An upper bound of what any choice of pairs could be worth, from a linear program that knows nothing of how a round
chooses: the solver proposes, whole numbers decide.

The program lets a pair be taken in part, so it comes to no less than the best choice there is: max Σ value · x, where
Σ x of nobody's pairs exceeds their room, and 0 <= x <= 1. Its dual gives each member a price of one place with them.
Once there are prices, the bound is proven by adding up (`bound_at`), whoever proposed them: no float has to be trusted.
The best prices are halves of whole numbers, because each pair has two members (Balinski: Integer programming: methods,
uses, computation, Management Science 12, 1965), so rounded to halves they give the optimum of the program itself.
"""

import numpy as np

from matcher.pairing import Slots
from matcher.tables import Ints

# 470,000 pairs of a round of 10,000 members take 11 s and 0.6 GB, 940,000 of two of them 31 s and 1.1 GB.
MOST_PAIRS = 1_000_000


class TooManyPairs(Exception):
    """There are more pairs than a linear program is solved for in memory and time that anybody has: so many."""

    def __init__(self, pairs: int) -> None:
        super().__init__(f"a linear program of {pairs:,} pairs, and {MOST_PAIRS:,} is the most")
        self.pairs = pairs


def lp_upper_bound(a: Slots, b: Slots, values: Ints, room: Ints) -> int:
    """What no choice of these pairs exceeds: the optimum of the linear program, rounded up. TooManyPairs.

    Of three who are worth 4 to each other and have one place each, two get it; halves of all three are worth 6:

    >>> one, two, worth = np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([4, 4, 4])
    >>> lp_upper_bound(one, two, worth, np.array([1, 1, 1]))
    6
    """
    if len(values) > MOST_PAIRS:
        raise TooManyPairs(len(values))
    if not len(values):
        return 0
    return bound_at(_twice_the_prices(a, b, values, room), a, b, values, room)


def bound_at(twice_the_prices: Ints, a: Slots, b: Slots, values: Ints, room: Ints) -> int:
    """What no choice exceeds, at any prices of a place with each member (twice them: whole numbers, none below 0).

    A pair is worth at most the prices of its two members, and whatever it is worth beyond them. Of a choice, the prices
    add up to no more than all places cost, and the rest to no more than it does over all pairs.
    """
    beyond = np.maximum(2 * values - twice_the_prices[a] - twice_the_prices[b], 0)
    return -(-int(room @ twice_the_prices + beyond.sum()) // 2)


def _twice_the_prices(a: Slots, b: Slots, values: Ints, room: Ints) -> Ints:
    """Those at which the bound is least, as HiGHS finds them: by its simplex, which ends in a corner, at halves."""
    from scipy.optimize import linprog  # half a second, which a round without a bound does not spend
    from scipy.sparse import csr_array

    pairs = len(values)
    whose, which = np.concatenate((a, b)), np.tile(np.arange(pairs), 2)
    places = csr_array((np.ones(2 * pairs), (whose, which)), shape=(len(room), pairs))
    solved = linprog(-values, A_ub=places, b_ub=room, bounds=(0, 1), method="highs-ds")
    assert solved.success, solved.message  # nothing taken is allowed, and nothing is worth more than all pairs
    return np.rint(-2 * solved.ineqlin.marginals).astype(np.int64).clip(0)
