"""Asking: whom should this member meet about this need, now?"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.candidates import OF_ASK, Pools, Sizes
from matcher.evidence import evidence_at
from matcher.index import Index
from matcher.judging import Judged, judge
from matcher.needs import Need, lines_of, standing_need, wishes_of
from matcher.policy import DEFAULT, Policy
from matcher.prices import rest_prices
from matcher.reading import Reading
from matcher.reasons import reasons_of
from matcher.scorecard import Card
from matcher.tables import Ints, chances, mix

Price = Callable[[str], int]  # of a member, in millionths of a chance


class Answer(NamedTuple):
    """One candidate: their points for the asker, the chance that they are the one, the price that is taken off it for
    their place (both in millionths), and why."""

    member_id: str
    points: int
    chance: int
    price: int
    reasons: list[dict[str, Any]]


def own_need(index: Index, member_id: str, at: int) -> Need:
    """What the member looks for as they stand, confidential interests included: it is they who ask."""
    return standing_need(lines_of(wishes_of(index.world, member_id, confidential=True)), at)


class Ranking(NamedTuple):
    """Everybody in the asker's pool as judged, with the chance of each, and their places, best first."""

    reading: Reading
    slot: int
    judged: Judged
    points: Ints
    chances: Ints
    order: Ints

    def member_ids(self, top: int) -> list[str]:
        """The first `top` of them."""
        ids = self.reading.index.roster.ids
        return [ids[slot] for slot in self.judged.slots[self.order[:top]].tolist()]


def rank(
    index: Index,
    card: Card,
    member_id: str,
    need: Need,
    at: int,
    *,
    policy: Policy = DEFAULT,
    price: Price | None = None,
) -> Ranking | None:
    """Everybody in the member's pool for a need, best first: by chance less price, then by points, then by a mix of the
    ids. None for somebody who is in no group: nobody is shown to them.

    `at` is in µs, and the index that of the state at `at`. People are shown only under the rules of a round: there,
    not paused, with room, neither known nor blocked.
    """
    ids = index.roster.ids

    def prices(slots: Ints) -> Ints:
        return np.array([price(ids[slot]) if price else 0 for slot in slots.tolist()], dtype=np.int64)

    return _ranked(index, card, member_id, need, at, policy, prices)


def _ranked(
    index: Index, card: Card, member_id: str, need: Need, at: int, policy: Policy, prices: Callable[[Ints], Ints]
) -> Ranking | None:
    """See `rank`; `prices` are those of slots."""
    found = candidates_for(index, member_id, need, at, OF_ASK, policy)
    if found is None:
        return None
    reading, slot, slots, between = found
    judged = judge(reading, card, slots, between)
    points = judged.total
    mixes = index.roster.mixes()
    order = best_first(points, prices(slots), mix(mixes[slot], mixes[slots]))
    return Ranking(reading, slot, judged, points, chances(points), order)


def best_first(points: Ints, prices: Ints, ties: NDArray[np.uint64]) -> Ints:
    """The places of candidates: by chance less price, then by points, then by what decides a tie."""
    return np.lexsort((ties, -points, -(chances(points) - prices)))


class Candidates(NamedTuple):
    """The candidates of one member (slots) for a need, and what is measured of them for it."""

    reading: Reading
    slot: int
    slots: Ints
    between: dict[str, Ints]


def candidates_for(
    index: Index, member_id: str, need: Need, at: int, sizes: Sizes, policy: Policy
) -> Candidates | None:
    """Whom this member might be introduced to for a need; None for somebody who is in no group."""
    slot = index.roster.slots.get(member_id)
    if slot is None or not index.roster.is_here(slot):
        return None
    reading = Reading(index, at)
    pool = Pools(reading, sizes, index.roster.available(at, policy)).of(slot, need)
    return Candidates(reading, slot, pool.slots, pool.between | evidence_at(reading).of_need(need, pool.slots))


def ask(
    index: Index, card: Card, member_id: str, need: Need, at: int, *, top: int, policy: Policy = DEFAULT
) -> list[Answer]:
    """The `top` best candidates for a need as of `at` (µs), with reasons; see `rank`. Prices are those of a round:
    `ask` shows people under the same rules (EVENTS.md)."""
    prices = rest_prices(index.roster, at, policy)
    ranking = _ranked(index, card, member_id, need, at, policy, prices.take)
    return [_answer(ranking, place, need, prices) for place in ranking.order[:top].tolist()] if ranking else []


def _answer(ranking: Ranking, place: int, need: Need, prices: Ints) -> Answer:
    slot = int(ranking.judged.slots[place])
    return Answer(
        ranking.reading.index.roster.ids[slot],
        int(ranking.points[place]),
        int(ranking.chances[place]),
        int(prices[slot]),
        reasons_of(ranking.reading, ranking.judged, place, ranking.slot, need),
    )
