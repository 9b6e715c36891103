"""Stratified bootstrap: fails and passes are resampled separately, so each resample has both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

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
) -> dict[str, Figure]:
    """Measure a window as it is, and how the measures scatter over its resamples.

    Parameters
    ----------
    measures : callable
        Takes weights of shape (n, n_units), returns named values of shape (n,).
    is_fail : ndarray of shape (n_units,), bool
    seed : int
    n_resamples : int, default=2000

    Returns
    -------
    dict of str to Figure
        The value of the window itself, with the 2.5th and 97.5th percentile of the resamples.
    """
    observed = measures(np.ones((1, is_fail.size)))
    drawn = [measures(w) for w in resamples(is_fail, n_resamples=n_resamples, seed=seed)]
    return {
        name: as_figure(value[0], np.concatenate([chunk[name] for chunk in drawn]))
        for name, value in observed.items()
    }


def as_figure(value: float, drawn: np.ndarray) -> Figure:
    """Put the middle 95 % of `drawn` around `value`."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(float(value), float(low), float(high))


def resamples(is_fail: np.ndarray, *, n_resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Draw how often each resample takes each unit.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
        Both kinds are present.
    n_resamples : int
    seed : int

    Yields
    ------
    ndarray of shape (n_chunk, n_units), float64
        Whole numbers; in each row the fails sum to the number of fails, the passes to theirs.
    """
    generator = np.random.default_rng(seed)
    strata = [np.flatnonzero(is_fail), np.flatnonzero(~is_fail)]
    chunk = max(1, _CELLS // is_fail.size)
    for start in range(0, n_resamples, chunk):
        weights = np.empty((min(chunk, n_resamples - start), is_fail.size))
        for stratum in strata:
            weights[:, stratum] = _counts(generator, len(weights), stratum.size)
        yield weights


def _counts(generator: np.random.Generator, n_resamples: int, n_units: int) -> np.ndarray:
    drawn = generator.integers(n_units, size=(n_resamples, n_units))
    drawn += n_units * np.arange(n_resamples)[:, np.newaxis]  # one number line for all resamples
    counts = np.bincount(drawn.ravel(), minlength=n_resamples * n_units)
    return counts.reshape(n_resamples, n_units)
