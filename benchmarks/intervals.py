"""Where a figure lies in 95 of 100 cases, by resampling what was measured: whole queries, or whole rounds."""

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 2_000
Interval = tuple[float, float]


def of_ratio(amounts: ArrayLike, counts: ArrayLike) -> Interval:
    """Of Σ amounts / Σ counts, each place one query or round."""
    amount, count = np.asarray(amounts, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    drawn = np.random.default_rng(0).integers(0, len(amount), (RESAMPLES, len(amount)))
    ratios = amount[drawn].sum(axis=1) / np.maximum(count[drawn].sum(axis=1), 1e-9)
    low, high = np.quantile(ratios, (0.025, 0.975)).tolist()
    return low, high


def of_mean(values: ArrayLike) -> Interval:
    """Of a mean."""
    return of_ratio(values, np.ones(len(np.asarray(values))))


def of_share(count: int, of: int) -> Interval:
    """Of a share, by Wilson's score: it may be all or nothing."""
    share, z = count / of, 1.96
    middle, within = share + z * z / (2 * of), z * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return (middle - within) / (1 + z * z / of), (middle + within) / (1 + z * z / of)
