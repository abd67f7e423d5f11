"""Why one member is an answer to what another looks for, or not, in both directions: what `ask` knows without a word
said.

The same pool, points, chances and prices (asking.py), but for interests that are confidential: those count only in what
their owner asks, and this is read by others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.asking import Ranking, rank
from matcher.candidates import OF_ASK
from matcher.index import Index
from matcher.obstacles import Obstacle, obstacles_to_answer
from matcher.policy import Policy
from matcher.prices import rest_prices
from matcher.reading import NOBODY, Reading
from matcher.scorecard import Card
from matcher.side import Place, Side, lists_with, side_of
from matcher.supposing import judge_pair
from matcher.tables import Ints, chances
from matcher.told import Behind

NOT_IN_POOL = "not_in_pool"


@dataclass(frozen=True, slots=True)
class Answered:
    """One direction. The `chance` of the side is that they are the one, among all candidates, and its place that in
    which `ask` shows them: by chance less `price` (both in millionths)."""

    side: Side
    price: int
    keeps_out: list[Obstacle]

    def as_json(self) -> dict[str, Any]:
        """With every feature, also those that are worth nothing."""
        keeps_out = [obstacle.as_json() for obstacle in self.keeps_out]
        return {**self.side.as_json(), "price": self.price, "keeps_out": keeps_out}


def explain_asked(index: Index, card: Card, a: str, b: str, at: int, policy: Policy) -> tuple[Answered, Answered]:
    """Each of two members as an answer to what the other looks for at `at` (µs), first b for a; the index is that of
    the state at `at`, and knows both."""
    return _answered(index, card, a, b, at, policy), _answered(index, card, b, a, at, policy)


def _answered(index: Index, card: Card, asker: str, other: str, at: int, policy: Policy) -> Answered:
    reading, slot, candidate = Reading(index, at), index.roster.slots[asker], index.roster.slots[other]
    prices = rest_prices(index.roster, at, policy)

    def price(member_id: str) -> int:
        return int(prices[index.roster.slots[member_id]])

    ranking = rank(index, card, asker, reading.need(slot), at, policy=policy, price=price)
    judged = judge_pair(reading, card, slot, candidate)
    chance, place = _place(reading, ranking, candidate, int(judged.total[0]), prices)
    side = side_of(reading, card, slot, candidate, judged, chance, place)
    keeps_out = obstacles_to_answer(index, asker, other, at, policy)
    return Answered(side, int(prices[candidate]), keeps_out or _not_in_pool(place, asker, other))


def _place(reading: Reading, ranking: Ranking | None, candidate: int, points: int, prices: Ints) -> tuple[int, Place]:
    """The chance of a candidate (slot), and where `ask` shows them; of who is in no pool, as if they were in it."""
    slots = ranking.judged.slots if ranking else NOBODY
    lists = lists_with(reading, candidate, OF_ASK.shared)
    if ranking and candidate in slots:
        at = int(np.flatnonzero(slots == candidate)[0])
        ahead = int(np.flatnonzero(ranking.order == at)[0])
        return int(ranking.chances[at]), Place(len(slots), ahead, True, lists)
    found = chances(np.append(ranking.points if ranking else NOBODY, points))
    worth = found - prices[np.append(slots, candidate)]
    return int(found[-1]), Place(len(slots), int((worth[:-1] > worth[-1]).sum()), False, lists)


def _not_in_pool(place: Place, asker: str, other: str) -> list[Obstacle]:
    if place.is_in:
        return []
    says = f"{other} is not among the candidates of {asker}: the {OF_ASK.personal} best by fit, and the "
    return [Obstacle(NOT_IN_POOL, f"{says}{OF_ASK.shared} of each list that all share", Behind([], 0))]
