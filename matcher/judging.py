"""What candidates are worth to a member: their points, feature by feature."""

from typing import NamedTuple

import numpy as np

from matcher.features import FEATURES, of_conduct, of_members
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
    of_each = {name: values[others] for name, values in of_members(reading.presence).items()}
    return between | of_each | of_conduct(reading.day.conduct, others)


def points_of_each(reading: Reading, card: Card) -> Ints:
    """Per slot, the points of what holds of a member by themselves, whoever they are a candidate for."""
    everybody = np.arange(reading.members)
    measured = measured_of(reading, everybody, {})
    return sum((card.points(name, measured[name]) for name in measured), start=np.zeros_like(everybody))


def judge(reading: Reading, card: Card, others: Ints, between: dict[str, Ints]) -> Judged:
    """The points of these others for a member, given what is measured between them and the member."""
    values = measured_of(reading, others, between)
    points = {feature.name: card.points(feature.name, values[feature.name]) for feature in FEATURES}
    return Judged(others, values, points)
