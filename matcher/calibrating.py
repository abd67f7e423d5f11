"""The score that people see: what came of introductions that a card valued alike.

Isotonic: a greater value never has the lesser score. Values are first put into bins of some outcomes each, so that a
single lucky pair at the end makes no certainty.
"""

from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from matcher.fitting import Floats
from matcher.tables import MILLION, Ints

ENOUGH = 100  # outcomes; with fewer a score stays provisional
_MOST_BINS, _LEAST_IN_A_BIN = 20, 20


def calibrated(values: Ints, worth_it: Floats) -> dict[str, Any] | None:
    """A table from values (millionths) to scores (millionths); None while there are too few outcomes."""
    if len(values) < ENOUGH:
        return None
    order = np.lexsort((worth_it, values))
    bins = np.array_split(order, min(_MOST_BINS, len(values) // _LEAST_IN_A_BIN))
    counts = np.array([len(each) for each in bins])
    rates = np.array([(worth_it[each].sum() + 0.5) / (len(each) + 1) for each in bins])
    scores = IsotonicRegression().fit_transform(np.arange(len(bins)), rates, sample_weight=counts)
    edges: list[int] = []
    points = [round(MILLION * float(scores[0]))]
    for each, score in zip(bins[1:], scores[1:], strict=True):
        least, point = int(values[each[0]]), round(MILLION * float(score))
        if point > points[-1] and (not edges or least > edges[-1]):
            edges.append(least)
            points.append(point)
    return {"edges": edges, "points": points}
