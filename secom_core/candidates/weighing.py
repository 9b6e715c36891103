"""What the steps learn from units that weigh unequally; weights are 1 on average."""

from __future__ import annotations

import numpy as np

_ROUNDING = 1e-12


def difference(values: np.ndarray, is_fail: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted mean of fails less that of passes, for each column."""
    of_fails, of_passes = (
        np.average(values[kind], axis=0, weights=weights[kind]) for kind in (is_fail, ~is_fail)
    )
    return of_fails - of_passes


def moments(readings: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of each column."""
    mean = np.average(readings, axis=0, weights=weights)
    return mean, np.sqrt(np.average((readings - mean) ** 2, axis=0, weights=weights))


def mean_ranks(readings: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Rank each column; a unit of weight 2 gets the mean of the ranks that two of it would have."""
    order = np.argsort(readings, axis=0, kind="stable")
    ordered = weights[order]
    ranks = np.empty(readings.shape)
    before = np.cumsum(ordered, axis=0) - ordered
    np.put_along_axis(ranks, order, before + (ordered - 1) / 2, axis=0)
    return ranks


def medians(readings: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted medians of columns that were measured at least once."""
    order = np.argsort(readings, axis=0)  # NaN last
    ordered = np.take_along_axis(readings, order, axis=0)
    reached = np.cumsum(np.where(np.isnan(ordered), 0.0, weights[order]), axis=0)
    # Where a half ends between two readings, give or take rounding, the median lies midway.
    shares = reached / reached[-1]
    ends = (np.sum(shares < 0.5 + side, axis=0) for side in (-_ROUNDING, _ROUNDING))
    low, high = (np.take_along_axis(ordered, end[np.newaxis], axis=0)[0] for end in ends)
    return (low + high) / 2


def f_statistic(readings: np.ndarray, is_fail: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """F statistic of one-way analysis of variance, between fails and passes, for each column."""
    mean = np.average(readings, axis=0, weights=weights)
    between, within = np.zeros((2, readings.shape[1]))
    for kind in (is_fail, ~is_fail):
        own = np.average(readings[kind], axis=0, weights=weights[kind])
        between += weights[kind].sum() * (own - mean) ** 2
        within += weights[kind] @ (readings[kind] - own) ** 2
    return between / (within / (len(readings) - 2))
