"""Stratified bootstrap: fails and passes are resampled separately, so each resample has both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from secom_core.errors import EvidenceError

N_RESAMPLES = 2000
"""Leaves 50 beyond each end of a 95 % interval."""

_CELLS = 100_000
"""Resamples times units held at once: arrays that stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def with_intervals(
    measures: Callable[[np.ndarray], dict[str, np.ndarray]],
    is_fail: np.ndarray,
    *,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    weight: np.ndarray | None = None,
) -> dict[str, Figure]:
    """Measure a window as it is, and how the measures scatter over its resamples.

    Parameters
    ----------
    measures : callable
        Takes weights of shape (n, n_units), returns named values of shape (n,).
    is_fail : ndarray of shape (n_units,), bool
    seed : int
    n_resamples : int, default=2000
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Returns
    -------
    dict of str to Figure
        The value of the window itself, with the 2.5th and 97.5th percentile of the resamples.
    """
    observed = measures(as_it_is(is_fail, weight))
    drawn = [
        measures(weights)
        for weights in resamples(is_fail, n_resamples=n_resamples, seed=seed, weight=weight)
    ]
    return {
        name: as_figure(value[0], np.concatenate([chunk[name] for chunk in drawn]))
        for name, value in observed.items()
    }


def as_it_is(is_fail: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Weights of the window itself, of shape (1, n_units), for what takes those of resamples.

    They are 1 on average, so that only the ratios of `weight` matter.

    Raises
    ------
    EvidenceError
        If there is not one weight a unit.
    """
    if weight is None:
        return np.ones((1, is_fail.size))
    if weight.shape != is_fail.shape:
        message = f"expected one weight per unit ({is_fail.size}), got {weight.shape}."
        raise EvidenceError(message)
    return (weight / weight.mean())[np.newaxis]


def as_figure(value: float, drawn: np.ndarray) -> Figure:
    """Put the middle 95 % of `drawn` around `value`."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(float(value), float(low), float(high))


def resamples(
    is_fail: np.ndarray, *, n_resamples: int, seed: int, weight: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Draw how often each resample takes each unit, times what the unit weighs.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
        Both kinds are present.
    n_resamples : int
    seed : int
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Yields
    ------
    ndarray of shape (n_chunk, n_units), float64
        Without weights whole numbers; in each row the fails sum to the number of fails, the passes
        to theirs.
    """
    generator = np.random.default_rng(seed)
    strata = [np.flatnonzero(is_fail), np.flatnonzero(~is_fail)]
    chunk = max(1, _CELLS // is_fail.size)
    for start in range(0, n_resamples, chunk):
        weights = np.empty((min(chunk, n_resamples - start), is_fail.size))
        for stratum in strata:
            weights[:, stratum] = _counts(generator, len(weights), stratum.size)
        if weight is not None:
            weights *= as_it_is(is_fail, weight)
        yield weights


def _counts(generator: np.random.Generator, n_resamples: int, n_units: int) -> np.ndarray:
    drawn = generator.integers(n_units, size=(n_resamples, n_units))
    drawn += n_units * np.arange(n_resamples)[:, np.newaxis]  # one number line for all resamples
    counts = np.bincount(drawn.ravel(), minlength=n_resamples * n_units)
    return counts.reshape(n_resamples, n_units)
