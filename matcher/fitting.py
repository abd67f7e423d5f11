"""Fitting tables of points: what both ways of learning have in common, one for questions and one for introductions.

What is fitted is the change to a card that is there already: whoever has few outcomes stays near it, and a feature that
tells nothing stays as it was. Points go the way that more of the feature may (features.More); they are drawn towards
those of the card of before, and each change towards that of the next bin
(RELEVANCE.md, section 6). One order of rows, one thread, and points rounded to hundredths of a nat: equal rows give
equal tables.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from matcher.features import FEATURES, NOTHING, More
from matcher.scorecard import Card
from matcher.tables import NAT, Ints

Floats = NDArray[np.float64]
Loss = Callable[[Floats], tuple[float, Floats]]  # of the rows' totals, in nats; and how it changes with each
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
PRESENCE = tuple(feature.name for feature in FEATURES if feature.code == "active")
_QUANTILES = (
    0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.13, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.98,
    0.99, 0.995, 0.998,
)  # fmt: skip
_ITERATIONS = 100


class Pull(NamedTuple):
    """How strongly points are drawn towards those of before (`ridge`), and their changes towards each other's
    (`smooth`)."""

    ridge: float
    smooth: float


def fitted_tables(
    values: Ints, helped: NDArray[np.bool_], loss: Loss, card: Card, fixed: Collection[str], pull: Pull
) -> dict[str, Any]:
    """The tables of least loss, drawn towards those of a card; those of the `fixed` features stay as the card has them.

    `values` has a row for each example and a column for each of FEATURE_NAMES; `helped` says of which rows something
    came: what is usual among them is worth 0.
    """
    columns = {name: values[:, column] for column, name in enumerate(FEATURE_NAMES)}
    told = card.said()["weights"]
    kept = {name: told[name] for name in fixed if name in told}
    edges = {name: _edges(each) for name, each in columns.items() if name not in fixed}
    learned = [name for name in edges if len(edges[name])]
    given = sum((card.points(name, columns[name]) for name in kept), start=np.zeros(len(values))) / NAT
    bins = [edges[name].searchsorted(columns[name], side="right") for name in learned]
    prior = [
        _prior(card.points(name, columns[name]), each, len(edges[name]))
        for name, each in zip(learned, bins, strict=True)
    ]
    ways = [FEATURES[FEATURE_NAMES.index(name)].more for name in learned]
    points = _minimized(bins, prior, ways, given, loss, pull)
    fitted = {
        name: {
            "edges": edges[name].tolist(),
            "points": _whole(table, edges[name], _usual(name, columns[name], helped)),
        }
        for name, table in zip(learned, points, strict=True)
    }
    return {name: {**kept, **fitted}[name] for name in FEATURE_NAMES if name in kept or name in fitted}


def points_of(card: Card, values: Ints) -> Ints:
    """(rows) What a card gives each."""
    nothing = np.zeros(len(values), dtype=np.int64)
    return sum((card.points(name, values[:, column]) for column, name in enumerate(FEATURE_NAMES)), start=nothing)


class Gain(NamedTuple):
    """By how much likelier one card makes what came of each need or introduction than another does, in nats: the mean,
    and between which bounds it lies in 95 of 100 cases."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, gains: Floats) -> "Gain":
        """Of one number a need or introduction; nothing is known of fewer than two."""
        mean = float(gains.mean()) if len(gains) else 0.0
        within = 1.96 * float(gains.std(ddof=1)) / len(gains) ** 0.5 if len(gains) > 1 else float("inf")
        return cls(mean, mean - within, mean + within)


def _edges(values: Ints) -> Ints:
    """The least values of the bins: fine where few are, and where the points matter most."""
    ranked = np.sort(values)
    edges = np.unique([ranked[int(quantile * (len(ranked) - 1))] for quantile in _QUANTILES])
    return edges[edges > ranked[0]]


def _prior(points: Ints, bins: Ints, edges: int) -> Floats:
    """What the card of before gives each bin, on average, in nats."""
    count = np.bincount(bins, minlength=edges + 1)
    return np.bincount(bins, points, edges + 1) / np.maximum(count, 1) / NAT


def _minimized(
    columns: list[Ints], tables: list[Floats], ways: list[More], given: Floats, loss: Loss, pull: Pull
) -> list[Floats]:
    """The points of each table, in nats: L-BFGS over each table's first point and its steps, which go the way that they
    may. `columns` has each row's bin, `given` what is fixed of its points."""
    firsts = np.cumsum([0, *(len(each) for each in tables)])
    begins, size = firsts[:-1], int(firsts[-1])
    rows = _rows_by_bin([first + column for first, column in zip(begins, columns, strict=True)], given, size)
    by_bin = rows.T
    lengths = np.diff(firsts)
    prior = _steps_of(np.concatenate(tables), begins)
    smooth = np.full(size, pull.smooth)
    smooth[begins] = 0

    def drawn(steps: Floats) -> tuple[float, Floats]:
        lost, of_rows = loss(rows @ np.append(np.ones(1), _sums(steps, begins, lengths)))
        change = steps - prior
        moved = _sums(change, begins, lengths)
        of_bins = pull.ridge * moved + (by_bin @ of_rows)[1:]
        gradient = _sums(of_bins[::-1], (size - firsts[1:])[::-1], lengths[::-1])[::-1] + smooth * change
        return lost + float(pull.ridge * moved @ moved + smooth @ change**2) / 2, np.asarray(gradient)

    bounds = [bound for way, length in zip(ways, lengths, strict=True) for bound in _bounds(way, length)]
    start = np.clip(prior, *np.array(bounds).T)
    least = minimize(drawn, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS})
    return np.split(_sums(least.x, begins, lengths), firsts[1:-1])


def _bounds(way: More, length: int) -> list[tuple[float, float]]:
    """Between what the first point of a table and its steps may lie."""
    free = -np.inf, np.inf
    return [free, *[{More.BETTER: (0, np.inf), More.WORSE: (-np.inf, 0), More.EITHER: free}[way]] * (length - 1)]


def _steps_of(points: Floats, begins: Ints) -> Floats:
    """Of tables one after the other: the first point of each, and by how much each other exceeds the one before."""
    steps = np.diff(points, prepend=0)
    steps[begins] = points[begins]
    return steps


def _sums(steps: Floats, begins: Ints, lengths: Ints) -> Floats:
    """The other way round."""
    sums = steps.cumsum()
    return np.asarray(sums - np.repeat(sums[begins] - steps[begins], lengths))


def _rows_by_bin(bins: list[Ints], given: Floats, size: int) -> csr_array:
    """A row for each example: first what is given, then a 1 in each of its bins. Whatever is multiplied with it is
    added in this order."""
    width = len(bins) + 1
    places, amounts = np.zeros((len(given), width), dtype=np.int32), np.ones((len(given), width))
    amounts[:, 0] = given
    for column, each in enumerate(bins, start=1):
        places[:, column] = 1 + each
    ends = np.arange(0, places.size + 1, width, dtype=np.int32)
    return csr_array((amounts.ravel(), places.ravel(), ends), shape=(len(given), 1 + size))


def _usual(name: str, values: Ints, helped: NDArray[np.bool_]) -> int:
    """The value that is worth 0, as only what is relative matters: presence is told beside that of those who helped
    (their median), all else beside that of somebody of whom nothing is known."""
    if name not in PRESENCE:
        return NOTHING.get(name, 0)
    of_helpers = np.sort(values[helped])
    return int(of_helpers[len(of_helpers) // 2])


def _whole(points: Floats, edges: Ints, usual: int) -> list[int]:
    """Hundredths of a nat, less what the usual value is worth."""
    whole = np.rint(points * NAT).astype(np.int64)
    return (whole - whole[int(edges.searchsorted(usual, side="right"))]).tolist()
