"""The scorecard: per feature a table of points. Points are hundredths of a nat, and add up."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.tables import Ints, even_chance

EVEN_POINTS = 300  # of a card that does not say


@dataclass(frozen=True)
class Card:
    """Weights that can be published and read: `tables[feature]` is (edges, points); a value falls into the bin numbered
    by how many edges are <= it. A feature without a table is worth nothing. `even`: from how many points on an
    introduction is worth it more often than not."""

    weights_id: str
    tables: dict[str, tuple[Ints, Ints]]
    calibration: tuple[Ints, Ints]
    even: int = EVEN_POINTS

    @classmethod
    def of(
        cls, weights_id: str, weights: dict[str, Any], calibration: dict[str, Any], even: int | None = None
    ) -> "Card":
        """The card that a `weights.fitted` event carries."""
        tables = {name: _table(told) for name, told in weights.items()}
        return cls(weights_id, tables, _table(calibration), EVEN_POINTS if even is None else even)

    def points(self, name: str, values: Ints) -> Ints:
        """What these values of a feature are worth."""
        if name not in self.tables:
            return np.zeros(len(values), dtype=np.int64)
        return _look_up(self.tables[name], values)

    def chance(self, points: Ints) -> Ints:
        """The chance that an introduction of so many points is worth it, in millionths."""
        return even_chance(points - self.even)

    def score(self, values: Ints) -> Ints:
        """A pair's value as it is shown: 0 to 1,000,000. Only a display."""
        return np.clip(_look_up(self.calibration, values), 0, 1_000_000)


def _table(told: dict[str, Any]) -> tuple[Ints, Ints]:
    edges, points = np.array(told["edges"], dtype=np.int64), np.array(told["points"], dtype=np.int64)
    if len(points) != len(edges) + 1 or (np.diff(edges) <= 0).any():
        raise ValueError("a table needs rising edges and one point more than edges")
    return edges, points


def _look_up(table: tuple[Ints, Ints], values: Ints) -> Ints:
    edges, points = table
    return points[edges.searchsorted(values, side="right")]
