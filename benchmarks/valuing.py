"""The ways to value a pair, compared in a round's own state by what its introductions would truly be worth."""

from collections.abc import Callable

import numpy as np

from matcher.index import Index
from matcher.pairing import rank, take
from matcher.pairs import Pairs, candidate_pairs, have_something_to_say, values_of
from matcher.policy import DEFAULT
from matcher.reading import Reading
from matcher.scorecard import Card
from matcher.tables import NAT, Ints
from services.simulate.truth import FULL, Truth

Value = Callable[[Card, Pairs, int], np.ndarray]
SCALE = 1e12  # values become whole numbers, in an order that keeps twelve digits


def worth_by_way(index: Index, card: Card, count: int, at: int, truth: Truth, day: int) -> dict[str, float]:
    """The mean worth (0 to 1) of the first `count` introductions that each way would make at `at` (µs), a `day` of
    the simulation; prices and exploration aside, but in the line that says so."""
    reading, roster = Reading(index, at), index.roster
    available = roster.available(at, DEFAULT)
    pairs = candidate_pairs(reading, card, np.flatnonzero(available), DEFAULT, available)
    worthy = np.flatnonzero(have_something_to_say(reading, pairs))
    valued = {name: value(card, pairs, reading.members) for name, value in WAYS.items()}
    valued["the product, with prices and exploration, as rounds are"] = values_of(reading, card, pairs, DEFAULT)
    room, mixes = roster.room(at, DEFAULT), roster.mixes()
    used = np.union1d(pairs.a, pairs.b)
    moment = truth.moment([roster.ids[slot] for slot in used.tolist()], day)
    found = {}
    for name, value in valued.items():
        whole = np.rint(value / max(float(np.abs(value).max()), 1e-30) * SCALE).astype(np.int64)
        ranking = rank(worthy, whole, mixes[pairs.a], mixes[pairs.b])
        places = take(pairs.a, pairs.b, whole, ranking, room).places[:count]
        one, other = used.searchsorted(pairs.a[places]), used.searchsorted(pairs.b[places])
        worth = moment.worth(one, other) + moment.worth(other, one)
        found[name] = float(worth.mean()) / (2 * FULL) if len(places) else 0.0
    return found


def _product(card: Card, pairs: Pairs, members: int) -> np.ndarray:
    return card.chance(pairs.points_a) * card.chance(pairs.points_b)


def _sum(card: Card, pairs: Pairs, members: int) -> np.ndarray:
    return card.chance(pairs.points_a) + card.chance(pairs.points_b)


def _points(card: Card, pairs: Pairs, members: int) -> np.ndarray:
    points = pairs.points_a + pairs.points_b
    return points - points.min()


def _softmax_product(card: Card, pairs: Pairs, members: int) -> np.ndarray:
    one, other = _softmax(pairs, members)
    return one * other


def _softmax_sum(card: Card, pairs: Pairs, members: int) -> np.ndarray:
    one, other = _softmax(pairs, members)
    return one + other


def _softmax(pairs: Pairs, members: int) -> tuple[np.ndarray, np.ndarray]:
    """The chance of each that the other is the one, among all whom they could be paired with."""
    sides: tuple[tuple[Ints, Ints], ...] = ((pairs.a, pairs.points_a), (pairs.b, pairs.points_b))
    best = np.full(members, -(1 << 40))
    for slots, points in sides:
        np.maximum.at(best, slots, points)
    weights = [np.exp((points - best[slots]) / NAT) for slots, points in sides]
    whole = sum(np.bincount(slots, weight, members) for (slots, _), weight in zip(sides, weights, strict=True))
    return weights[0] / whole[pairs.a], weights[1] / whole[pairs.b]


WAYS: dict[str, Value] = {
    "the product of both chances": _product,
    "their sum": _sum,
    "the sum of both sides' points": _points,
    "the product of softmax chances": _softmax_product,
    "the sum of softmax chances": _softmax_sum,
}
