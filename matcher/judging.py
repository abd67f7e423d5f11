"""What candidates are worth to a member: their points, feature by feature."""

from typing import NamedTuple

import numpy as np

from matcher.features import FEATURES, OF_CONDUCT, OF_MEMBER, of_conduct, of_members
from matcher.reading import Reading
from matcher.scorecard import Card
from matcher.tables import Ints


class Judged(NamedTuple):
    """Candidates (slots), what was measured of each, and what that is worth, by feature."""

    slots: Ints
    values: dict[str, Ints]
    points: dict[str, Ints]

    @property
    def total(self) -> Ints:
        return sum(self.points.values(), start=np.zeros(len(self.slots), dtype=np.int64))


def measured_of(reading: Reading, others: Ints, between: dict[str, Ints]) -> dict[str, Ints]:
    """Every feature of these others for a member."""
    everybody = of_members(reading.presence) | of_conduct(reading.day.conduct, reading.members)
    return between | {name: everybody[name][others] for name in (*OF_MEMBER, *OF_CONDUCT)}


def points_of(reading: Reading, card: Card, others: Ints, between: dict[str, Ints]) -> Ints:
    """The points of these others for a member, all features together; what holds of one by themselves is looked up but
    once a member, however many pairs they are in."""
    everybody = np.arange(reading.members)
    of_each = measured_of(reading, everybody, {})
    total = sum((card.points(name, of_each[name]) for name in of_each), start=np.zeros_like(everybody))[others]
    return total + sum(card.points(name, values) for name, values in between.items())


def judge(reading: Reading, card: Card, others: Ints, between: dict[str, Ints]) -> Judged:
    """The points of these others for a member, given what is measured between them and the member."""
    values = measured_of(reading, others, between)
    points = {feature.name: card.points(feature.name, values[feature.name]) for feature in FEATURES}
    return Judged(others, values, points)
