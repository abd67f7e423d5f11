"""Asking: whom should this member meet about this need, now?"""

from typing import Any, NamedTuple

import numpy as np

from matcher.candidates import OF_ASK, Pools, Sizes
from matcher.index import Index
from matcher.judging import judge
from matcher.needs import Need, standing_need, wishes_of
from matcher.policy import DEFAULT, Policy
from matcher.reading import Reading
from matcher.reasons import reasons_of
from matcher.scorecard import Card
from matcher.tables import Ints, chances, mix


class Answer(NamedTuple):
    """One candidate: their points for the asker, the chance that they are the one (millionths), and why."""

    member_id: str
    points: int
    chance: int
    reasons: list[dict[str, Any]]


def own_need(index: Index, member_id: str, at: int) -> Need:
    """What the member looks for as they stand, confidential interests included: it is they who ask."""
    return standing_need(wishes_of(index.world, member_id, confidential=True), at)


def ask(
    index: Index,
    card: Card,
    member_id: str,
    need: Need,
    at: int,
    *,
    top: int,
    policy: Policy = DEFAULT,
    prices: dict[str, int] | None = None,
    sizes: Sizes = OF_ASK,
) -> list[Answer]:
    """The best candidates for a need, best first: by chance less price, then by points, then by a mix of the ids.

    `at` is in µs, and the index that of the state at `at`. Shows people only under the rules of a round: there, not
    paused, with room, known or blocked in neither direction. Nobody is shown to somebody who is in no group.
    """
    slot = index.roster.slots.get(member_id)
    if slot is None or not index.roster.is_here(slot):
        return []
    reading = Reading(index, at)
    pool = Pools(reading, card, sizes, index.roster.available(at, policy)).of(slot, need)
    judged = judge(reading, card, pool.slots, pool.between)
    points, chance = judged.total, chances(judged.total)
    first = _order(index, slot, pool.slots, chance - _prices(index, pool.slots, prices), points)[:top]
    return [
        Answer(
            index.roster.ids[judged.slots[place]],
            int(points[place]),
            int(chance[place]),
            reasons_of(reading, judged, place, slot, need),
        )
        for place in first
    ]


def _prices(index: Index, slots: Ints, prices: dict[str, int] | None) -> Ints:
    if not prices:
        return np.zeros(len(slots), dtype=np.int64)
    return np.array([prices.get(index.roster.ids[slot], 0) for slot in slots], dtype=np.int64)


def _order(index: Index, slot: int, others: Ints, worth: Ints, points: Ints) -> Ints:
    mixes = index.roster.mixes()
    return np.lexsort((mix(mixes[slot], mixes[others]), -points, -worth))
