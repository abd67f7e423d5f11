"""Why one member is suggested to another, or not: the points of a pair in both directions, feature by feature, with the
events behind each, what would change it, and what keeps the two apart.

It is what a round at that instant knows of the pair: the same pools, points, chances and value (rounds.py), and no
interest that is confidential, since those count only in what their owner asks.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from matcher.candidates import Pool, Pools, of_round
from matcher.card import is_provisional
from matcher.evidence import Evidence
from matcher.index import Index
from matcher.judging import judge
from matcher.obstacles import Obstacle, obstacles
from matcher.pairs import Pairs, candidate_pairs, have_something_to_say, helps, values_of
from matcher.policy import Policy
from matcher.prices import exploring, rest_prices
from matcher.reading import Reading
from matcher.rows import distinct
from matcher.rules import Why
from matcher.scorecard import Card
from matcher.side import Place, Side, lists_with, side_of
from matcher.supposing import judge_pair
from matcher.tables import Ints
from matcher.told import Behind
from schemas.instants import format_instant

NOT_IN_POOLS = "not_in_pools"
_NOTHING = Behind([], 0)


class Exposure(NamedTuple):
    """Of one member: their price, what it is worth that they are seen (both in millionths of a chance), and their
    room."""

    price: int
    exploring: int
    room: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a round at `at` (µs) knows of a pair; `value` is in millionths and the same for both, and `keeps_out` is
    what keeps it out of a round, first what no relevance overrides."""

    at: int
    weights_id: str
    least_value: int
    value: int
    score: int
    score_is_provisional: bool
    keeps_out: list[Obstacle]
    exposures: dict[str, Exposure]
    sides: tuple[Side, Side]

    def as_json(self) -> dict[str, Any]:
        """For scripts; whole numbers, as they decided."""
        return {
            "at": format_instant(self.at),
            "weights_id": self.weights_id,
            "value": self.value,
            "least_value": self.least_value,
            "score": self.score,
            "score_is_provisional": self.score_is_provisional,
            "keeps_out": [obstacle.as_json() for obstacle in self.keeps_out],
            "members": {member_id: exposure._asdict() for member_id, exposure in self.exposures.items()},
            "sides": [side.as_json() for side in self.sides],
        }


def explain(index: Index, card: Card, a: str, b: str, at: int, policy: Policy) -> Explanation:
    """The explanation of a pair at `at` (µs); the index is that of the state at `at`, and knows both members."""
    reading = Reading(index, at)
    pair = _Pair(reading, card, policy, index.roster.slots[a], index.roster.slots[b])
    value = pair.value()
    keeps_out = obstacles(index, a, b, at, policy) or pair.keeps_out(value)
    return Explanation(
        at,
        card.weights_id,
        policy.least_value,
        value,
        int(card.score(np.array([value]))[0]),
        is_provisional(card.said()["calibration"]),
        keeps_out,
        pair.exposures(),
        (pair.side(0), pair.side(1)),
    )


class _Pair:
    """Two members (slots), judged for each other as a round would."""

    def __init__(self, reading: Reading, card: Card, policy: Policy, a: int, b: int) -> None:
        self._reading, self._card, self._policy = reading, card, policy
        self._slots = a, b
        self._available = reading.index.roster.available(reading.at, policy)
        pools = Pools(reading, of_round(policy), self._available)
        self._pools = [pools.of(slot, reading.need(slot)) for slot in self._slots]
        self._judged = [judge_pair(reading, card, a, b), judge_pair(reading, card, b, a)]
        self._points_in_pool = [self._judge_pool(*each) for each in zip(self._slots, self._pools, strict=True)]

    def _judge_pool(self, slot: int, pool: Pool) -> Ints:
        of_need = Evidence(self._reading).of_need(self._reading.need(slot), pool.slots)
        return judge(self._reading, self._card, pool.slots, pool.between | of_need).total

    def _id(self, slot: int) -> str:
        return self._reading.index.roster.ids[slot]

    # --- what the two are worth together ------------------------------------------------------------------------------

    def value(self) -> int:
        return int(values_of(self._reading, self._card, self._as_pairs(), self._policy)[0])

    def _as_pairs(self) -> Pairs:
        """The two as a round has its pairs."""
        a, b = (np.array([slot], dtype=np.int64) for slot in self._slots)
        ab, ba = self._judged
        return Pairs(a, b, ab.total, ba.total, np.maximum(helps(ab.values), helps(ba.values)))

    def chance(self, side: int) -> int:
        """The chance that it is worth the time of one of the two."""
        return int(self._card.chance(self._judged[side].total)[0])

    def _is_in(self, side: int) -> bool:
        return self._slots[1 - side] in self._pools[side].slots

    def exposures(self) -> dict[str, Exposure]:
        roster, at = self._reading.index.roster, self._reading.at
        each = rest_prices(roster, at, self._policy), exploring(roster, at, self._policy), roster.room(at, self._policy)
        return {self._id(slot): Exposure(*(int(values[slot]) for values in each)) for slot in self._slots}

    # --- what keeps them out ------------------------------------------------------------------------------------------

    def keeps_out(self, value: int) -> list[Obstacle]:
        """The first thing, in the order in which a round asks, that keeps out a pair to which no rule objects."""
        if not (self._is_in(0) or self._is_in(1)):
            says = f"neither is among the candidates of the other: their own {self._policy.personal} best by fit, and "
            return [Obstacle(NOT_IN_POOLS, f"{says}the {self._policy.shared} of each list that all share", _NOTHING)]
        least = self._policy.least_value
        if value < least:
            says = f"their value of {_percent(value)} is below the least that the network asks for, {_percent(least)}"
            return [Obstacle(Why.TOO_LITTLE_VALUE, says, _NOTHING)]
        if not have_something_to_say(self._reading, self._as_pairs())[0]:
            says = "nothing that one of them gives meets what the other looks for, in more than an everyday word"
            return [Obstacle(Why.NOTHING_IN_COMMON, says, _NOTHING)]
        return self._preferred(value)

    def _preferred(self, value: int) -> list[Obstacle]:
        """Of whom so many candidates make a better pair that there may be no room left for this one."""
        better, found = self._better_pairs(value), []
        for slot, exposure in zip(self._slots, self.exposures().values(), strict=True):
            count = int(better[slot])
            if count >= exposure.room:
                pairs = "1 pair" if count == 1 else f"{count:,} pairs"
                says = f"{pairs} of {self._id(slot)} with others would come first, and {self._id(slot)} has room for "
                found.append(Obstacle(Why.OTHERS_PREFERRED, f"{says}{exposure.room}", _NOTHING))
        return found

    def _better_pairs(self, value: int) -> Ints:
        """Per slot, how many pairs with one of the two pools have a greater value than this one."""
        involved = distinct(np.concatenate((self._slots, *(pool.slots for pool in self._pools))))
        pairs = candidate_pairs(self._reading, self._card, involved, self._policy, self._available)
        values = values_of(self._reading, self._card, pairs, self._policy)
        better = (values > value) & (values >= self._policy.least_value) & have_something_to_say(self._reading, pairs)
        return np.bincount(np.concatenate((pairs.a[better], pairs.b[better])), minlength=self._reading.members)

    # --- one direction ------------------------------------------------------------------------------------------------

    def side(self, side: int) -> Side:
        slot, other, judged = self._slots[side], self._slots[1 - side], self._judged[side]
        place = self._place(side, int(judged.total[0]))
        return side_of(self._reading, self._card, slot, other, judged, self.chance(side), place)

    def _place(self, side: int, points: int) -> Place:
        pool, other = self._pools[side], self._slots[1 - side]
        ahead = int((self._points_in_pool[side] > points).sum())
        return Place(len(pool.slots), ahead, self._is_in(side), lists_with(self._reading, other, self._policy.shared))


def _percent(millionths: int) -> str:
    """Of a chance; a sum of several may be below 0."""
    return f"{millionths / 10_000:.2f} %".replace("-", "−")
