"""Is a model better than blind guessing, or than another model? Answers that resist retrying.

Both answers count resamples, and both draw as many as the level needs: 50 are expected beyond it.
They stop early once more than that contradict, since more draws cannot turn the answer round.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from secom_core.evaluation import sweep
from secom_core.evaluation.bootstrap import N_RESAMPLES, Figure, resamples, with_intervals
from secom_core.evaluation.sweep import Ranking, require_scored

_BEYOND = 50
"""Resamples beyond the level: their number is known to one part in seven."""


def auc_figure(
    is_fail: np.ndarray,
    risk: np.ndarray,
    *,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    weight: np.ndarray | None = None,
) -> Figure:
    """Compute the AUC alone, as `figures` does."""
    require_scored(is_fail, risk)
    ranking = Ranking(is_fail, risk)
    return with_intervals(
        lambda weights: {"auc": sweep.auc(ranking.sweep(weights))},
        is_fail,
        seed=seed,
        n_resamples=n_resamples,
        weight=weight,
    )["auc"]


def auc_lower_bound(
    is_fail: np.ndarray,
    risk: np.ndarray,
    *,
    level: float,
    seed: int,
    floor: float = 0.5,
    weight: np.ndarray | None = None,
) -> float:
    """One-sided lower bound of the AUC by stratified bootstrap.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
    risk : ndarray of shape (n_units,)
    level : float
        Share of resamples below the bound: .025 gives the lower end of a 95 % interval.
    seed : int
    floor : float, default=.5
        Whether the bound is above this is exact; how far below it is, is known more coarsely.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Raises
    ------
    EvidenceError
        If risks are missing or not finite, or passes or fails are absent.
    """
    require_scored(is_fail, risk)
    ranking = Ranking(is_fail, risk)
    n_resamples = n_resamples_for(level)
    drawn = _until_contradicted(
        (
            sweep.auc(ranking.sweep(weights)) - floor
            for weights in resamples(is_fail, n_resamples=n_resamples, seed=seed, weight=weight)
        ),
        n_allowed=level * n_resamples,
    )
    return floor + float(np.quantile(drawn, level, method="inverted_cdf"))


def probability_better(
    is_fail: np.ndarray,
    challenger: np.ndarray,
    champion: np.ndarray,
    *,
    level: float,
    seed: int,
    weight: np.ndarray | None = None,
) -> float:
    """Share of resamples in which the challenger's AUC is above the champion's.

    Both are measured on the same resamples; a tie is not better.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
    challenger, champion : ndarray of shape (n_units,)
        Their risks for the same units.
    level : float
        .1 resolves probabilities about .9. Whether the answer reaches 1 - `level` is exact; how
        far below it is, is known more coarsely.
    seed : int
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Raises
    ------
    EvidenceError
        If risks are missing or not finite, or passes or fails are absent.
    """
    require_scored(is_fail, challenger, champion)
    rankings = Ranking(is_fail, challenger), Ranking(is_fail, champion)
    n_resamples = n_resamples_for(level)
    drawn = _until_contradicted(
        (
            np.subtract(*(sweep.auc(ranking.sweep(weights)) for ranking in rankings))
            for weights in resamples(is_fail, n_resamples=n_resamples, seed=seed, weight=weight)
        ),
        n_allowed=level * n_resamples,
    )
    return float(np.mean(drawn > 0))


def n_resamples_for(level: float) -> int:
    """How many resamples resolve `level`: 2,000 for .025, twice as many for half of it."""
    return max(N_RESAMPLES, math.ceil(_BEYOND / level))


def _until_contradicted(chunks: Iterator[np.ndarray], *, n_allowed: float) -> np.ndarray:
    drawn: list[np.ndarray] = []
    n_against = 0
    for chunk in chunks:
        drawn.append(chunk)
        n_against += int(np.count_nonzero(chunk <= 0))
        if n_against > n_allowed:
            break
    return np.concatenate(drawn)
