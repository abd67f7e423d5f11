"""The pairs of a round after a veto, without those of everybody being made again.

Who may not meet whom decides on pools and on nothing else: a pair is worth what it is worth, whoever else there is. So
where something comes between some members and others, or no longer does, only their own pools change, and whether they
are in the pools of those they were paired with.
"""

from collections.abc import Collection

import numpy as np

from matcher.candidates import Spread
from matcher.pairs import candidate_pairs
from matcher.policy import Policy
from matcher.reading import Reading
from matcher.rounds import Considered, with_values
from matcher.rows import distinct
from matcher.scorecard import Card
from matcher.tables import Ints


def repaired(
    reading: Reading, card: Card, policy: Policy, before: Considered, member_ids: Collection[str], spread: Spread = map
) -> Considered:
    """The pairs of a round (`before`) once vetoes that name these members count: what `considered` would say now.

    Everything else must be as it was, and each of `before` made at this instant, of this index.
    """
    roster = reading.index.roster
    slots = np.array(sorted({roster.slots[each] for each in member_ids if each in roster.slots}), dtype=np.int64)
    available = roster.available(reading.at, policy)
    touches = np.isin(before.a, slots) | np.isin(before.b, slots)
    around = distinct(np.concatenate((slots, before.a[touches], before.b[touches])))
    pairs = candidate_pairs(reading, card, around[available[around]], policy, available, spread)
    anew = with_values(
        reading, card, policy, pairs.at(np.flatnonzero(np.isin(pairs.a, slots) | np.isin(pairs.b, slots)))
    )
    kept = Considered(before.a[~touches], before.b[~touches], before.values[~touches], before.are_worthy[~touches])
    return _merged(kept, anew, reading.members)


def _merged(some: Considered, others: Considered, members: int) -> Considered:
    """Both, in rising order of their slots, in which each is."""
    places = np.searchsorted(_keys(some, members), _keys(others, members))
    return Considered(
        np.insert(some.a, places, others.a),
        np.insert(some.b, places, others.b),
        np.insert(some.values, places, others.values),
        np.insert(some.are_worthy, places, others.are_worthy),
    )


def _keys(pairs: Considered, members: int) -> Ints:
    keys: Ints = pairs.a.astype(np.int64) * members + pairs.b
    return keys
