"""Learning a card from what came of needs and introductions: tables of points, fitted with a softmax for each need.

What is fitted is the change to a card that is there already: a network that has few outcomes stays near it, and a
feature that tells nothing stays as it was. Per need, the loss is -ln of the chance that the card gives whoever helped;
points are drawn towards the card of before, and towards those of the next bin (RELEVANCE.md, section 6).

Each example holds what was known at its instant, and each fit takes only outcomes known before its own. One order of
examples, one thread, and points rounded to hundredths of a nat: equal logs give equal tables.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from matcher.asker import Answered
from matcher.asking import candidates_for
from matcher.candidates import Sizes
from matcher.features import FEATURES, NOTHING
from matcher.history import History
from matcher.index import Index
from matcher.judging import measured_of
from matcher.needs import stated_need
from matcher.policy import DEFAULT
from matcher.scorecard import Card
from matcher.tables import NAT, Ints, mix

Floats = NDArray[np.float64]
PRESENCE = tuple(feature.name for feature in FEATURES if feature.code == "active")
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
POOL = Sizes(personal=256, shared=240)  # of 128 and 120, the tables rank a little worse (ARCHITECTURE.md, "Learning")
MOST_OTHERS = 300  # of the candidates who did not help, in an order by chance
USEFUL, ANSWERED = 1_000, 500  # what an outcome weighs: who was found useful, and who only answered
LEAST_OUTCOMES = 30
_QUANTILES = (
    0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.13, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.98,
    0.99, 0.995, 0.998,
)  # fmt: skip
_RIDGE, _SMOOTH = 1.0, 100.0
_STEPS = 60


class Known(NamedTuple):
    """Somebody helped with a need: who, when that was known (µs), and what it weighs, in thousandths."""

    member_id: str
    known: int
    weight: int


class Asked(NamedTuple):
    """A need of the past: when it had been told (µs), whose, and who is known to have helped."""

    at: int
    member_id: str
    subjects: list[str]
    note: str
    known: list[Known]


@dataclass(frozen=True)
class Example:
    """A need, its candidates, and what was measured of each at the need's instant: one row a candidate, one column a
    feature of FEATURE_NAMES. `helped` are the rows of whoever helped, with when that was known and what it weighs."""

    at: int
    values: Ints
    helped: list[tuple[int, int, int]]
    others: Ints  # the rows of the candidates that are compared with, in an order by chance


def observe(index: Index, asked: Asked) -> Example | None:
    """What was known of the candidates for a need when it was asked (the index is that of the state then); None where
    none of those who helped could have been suggested."""
    at = asked.at
    need = stated_need(asked.subjects, asked.note)
    found = candidates_for(index, asked.member_id, need, at, POOL, DEFAULT)
    if found is None:
        return None
    reading, slot, slots, between = found
    rows = {index.roster.ids[other]: row for row, other in enumerate(slots.tolist())}
    helped = [(rows[one.member_id], one.known, one.weight) for one in asked.known if one.member_id in rows]
    if not helped:
        return None
    measured = measured_of(reading, slots, between)
    values = np.stack([measured[name] for name in FEATURE_NAMES], axis=1)
    mixes = index.roster.mixes()
    others = np.argsort(mix(mix(mixes[slot], np.uint64(at)), mixes[slots]), kind="stable")
    return Example(at, values, helped, others[:MOST_OTHERS])


def asked_in(history: History) -> list[Asked]:
    """The needs that somebody answered, in the order of their time."""
    asked = [
        Asked(need.told + 1, asker_id, list(need.subjects), need.note, [_known(one) for one in answers])
        for asker_id, need, answers in history.outcomes()
    ]
    return sorted(asked, key=lambda one: one[:4])


def _known(one: Answered) -> Known:
    return Known(one.member_id, one.time, USEFUL if one.is_useful else ANSWERED)


# --- fitting ----------------------------------------------------------------------------------------------------------


class _Rows(NamedTuple):
    """The rows of all needs, one after the other: what was measured, how much each helped, and where a need begins."""

    values: Ints
    helped: Floats
    starts: Ints


def fit(examples: Sequence[Example], before: int, card: Card, *, fixed: Collection[str] = ()) -> dict[str, Any] | None:
    """The tables of points that outcomes known before an instant (µs) come to, drawn towards those of a card; those of
    the `fixed` features stay as the card has them. None while there are too few outcomes."""
    rows = _rows(examples, before)
    if rows is None:
        return None
    columns = {name: rows.values[:, column] for column, name in enumerate(FEATURE_NAMES)}
    kept = {name: _told(card, name) for name in fixed if name in card.tables}
    edges = {name: _edges(values) for name, values in columns.items() if name not in fixed}
    learned = [name for name in edges if len(edges[name])]
    given = sum((card.points(name, columns[name]) for name in kept), start=np.zeros(len(rows.helped))) / NAT
    bins = [edges[name].searchsorted(columns[name], side="right") for name in learned]
    prior = [
        _prior(card.points(name, columns[name]), each, len(edges[name]))
        for name, each in zip(learned, bins, strict=True)
    ]
    points = _minimized(rows, bins, prior, given)
    fitted = {
        name: {
            "edges": edges[name].tolist(),
            "points": _whole(table, edges[name], _usual(name, columns[name], rows.helped)),
        }
        for name, table in zip(learned, points, strict=True)
    }
    return {name: {**kept, **fitted}[name] for name in FEATURE_NAMES if name in kept or name in fitted}


def _rows(examples: Sequence[Example], before: int) -> _Rows | None:
    values, helped, starts, count = [], [], [], 0
    for example in sorted(examples, key=lambda example: example.at):
        weights: dict[int, int] = {}
        for row, known, weight in example.helped:
            if known < before:
                weights[row] = max(weight, weights.get(row, 0))
        if weights:
            kept = np.union1d(example.others, list(weights))
            values.append(example.values[kept])
            helped.append(np.array([weights.get(row, 0) for row in kept.tolist()]) / USEFUL)
            starts.append(count)
            count += len(kept)
    if len(starts) < LEAST_OUTCOMES:
        return None
    return _Rows(np.concatenate(values), np.concatenate(helped), np.array(starts))


def _edges(values: Ints) -> Ints:
    """The least values of the bins: fine where few are, and where the points matter most."""
    ranked = np.sort(values)
    edges = np.unique([ranked[int(quantile * (len(ranked) - 1))] for quantile in _QUANTILES])
    return edges[edges > ranked[0]]


def _told(card: Card, name: str) -> dict[str, list[int]]:
    edges, points = card.tables[name]
    return {"edges": edges.tolist(), "points": points.tolist()}


def _prior(points: Ints, bins: Ints, edges: int) -> Floats:
    """What the card of before gives each bin, on average, in nats."""
    count = np.bincount(bins, minlength=edges + 1)
    return np.bincount(bins, points, edges + 1) / np.maximum(count, 1) / NAT


def _minimized(rows: _Rows, columns: list[Ints], tables: list[Floats], given: Floats) -> list[Floats]:
    """The points of each table, in nats, with the least loss: L-BFGS from those of before. `columns` has each row's
    bin, `given` what is fixed of its points."""
    firsts = np.cumsum([0, *(len(each) for each in tables)])
    bins = [first + column for first, column in zip(firsts[:-1], columns, strict=True)]
    prior, size = np.concatenate(tables), int(firsts[-1])
    need_of = np.repeat(np.arange(len(rows.starts)), np.diff(rows.starts, append=len(rows.helped)))
    weights = np.add.reduceat(rows.helped, rows.starts)
    observed = sum((np.bincount(each, rows.helped, size) for each in bins), start=np.zeros(size))
    neighbours = np.ones(size - 1)
    neighbours[firsts[1:-1] - 1] = 0

    def loss(points: Floats) -> tuple[float, Floats]:
        totals = sum((points[each] for each in bins), start=given)
        best = np.maximum.reduceat(totals, rows.starts)
        each = np.exp(totals - best[need_of])
        whole = np.add.reduceat(each, rows.starts)
        expected = each * (weights / whole)[need_of]
        change = points - prior
        steps = np.diff(change) * neighbours
        gradient = sum((np.bincount(one, expected, size) for one in bins), start=-observed + _RIDGE * change)
        gradient[1:] += _SMOOTH * steps
        gradient[:-1] -= _SMOOTH * steps
        likelihood = observed @ points + rows.helped @ given - weights @ (best + np.log(whole))
        drawn = (_RIDGE * change @ change + _SMOOTH * steps @ steps) / 2
        return float(drawn - likelihood), np.asarray(gradient)

    least = minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return np.split(least.x, firsts[1:-1])


def _usual(name: str, values: Ints, helped: Floats) -> int:
    """The value that is worth 0, as only what is relative matters: presence is told beside that of those who helped
    (their median), all else beside that of somebody of whom nothing is known."""
    if name not in PRESENCE:
        return NOTHING.get(name, 0)
    of_helpers = np.sort(values[helped > 0])
    return int(of_helpers[len(of_helpers) // 2])


def _whole(points: Floats, edges: Ints, usual: int) -> list[int]:
    """Hundredths of a nat, less what the usual value is worth."""
    whole = np.rint(points * NAT).astype(np.int64)
    return (whole - whole[int(edges.searchsorted(usual, side="right"))]).tolist()
