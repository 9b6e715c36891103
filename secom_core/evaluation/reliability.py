"""Do risks mean what they say? Calibration slope and curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.evaluation.bootstrap import as_it_is
from secom_core.evaluation.sweep import require_probabilities

_SURE = 1e-9
"""Risks are taken no nearer to 0 and 1 than this, where log odds end."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReliabilityCurve:
    """Fails foretold and fails seen, in bins of equally many units; both weighted by unit.

    Parameters
    ----------
    risk : ndarray of shape (n_bins,)
        Mean risk of the bin: what was foretold.
    fail_share : ndarray of shape (n_bins,)
        What came.
    low, high : ndarray of shape (n_bins,)
        Wilson's 95 % interval of `fail_share`; unlike the bootstrap's it is wide for a bin
        without fails. Unequal weights count as fewer units: see `n_effective`.
    n_units : ndarray of shape (n_bins,), int
    """

    risk: np.ndarray
    fail_share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n_units: np.ndarray


def reliability_curve(
    is_fail: np.ndarray,
    risk: np.ndarray,
    *,
    n_bins: int = 10,
    weight: np.ndarray | None = None,
) -> ReliabilityCurve:
    """Compare mean risk with the share of fails in bins of equally many units.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
    risk : ndarray of shape (n_units,), in [0, 1]
    n_bins : int, default=10
        Fewer come back if risks tie across bins.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Raises
    ------
    EvidenceError
        If risks are missing or outside [0, 1], or passes or fails are absent.
    """
    require_probabilities(is_fail, risk)
    edges = np.unique(np.quantile(risk, np.arange(1, n_bins) / n_bins))
    in_bin = np.searchsorted(edges, risk, side="right")
    n_units = np.bincount(in_bin)
    held = n_units > 0
    weights = as_it_is(is_fail, weight)[0]
    total, squares, fails, foretold = (
        np.bincount(in_bin, weights * each)[held] for each in (1, weights, is_fail, risk)
    )
    fail_share = fails / total
    low, high = wilson_interval(fail_share, total**2 / squares)
    return ReliabilityCurve(
        risk=foretold / total,
        fail_share=fail_share,
        low=low,
        high=high,
        n_units=n_units[held],
    )


def n_effective(weight: np.ndarray) -> float:
    """How many equally weighted units tell as much about a share: Kish's effective number.

    References
    ----------
    .. [1] L. Kish, *Survey Sampling*, Wiley, 1965.

    Examples
    --------
    >>> n_effective(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weight.sum() ** 2 / np.sum(weight**2))


def wilson_interval(share: np.ndarray, n_units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share seen in `n_units` independent units.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
       JASA 22, 1927.
    """
    z = 1.959963984540054
    center = (share + z**2 / (2 * n_units)) / (1 + z**2 / n_units)
    spread = np.sqrt(share * (1 - share) / n_units + (z / (2 * n_units)) ** 2)
    half = z * spread / (1 + z**2 / n_units)
    # Rounding must not put an end on the wrong side of the share: error bars have no such length.
    return np.clip(center - half, 0, share), np.clip(center + half, share, 1)


def calibration_slopes(
    weights: np.ndarray, is_fail: np.ndarray, risk: np.ndarray, *, n_steps: int = 8
) -> np.ndarray:
    """Slope of a logistic regression of the outcome on the risk's log odds, per resample.

    1: as spread as they should be. Below 1: risks are too bold. 0: they say nothing.

    Parameters
    ----------
    weights : ndarray of shape (n_resamples, n_units)
    is_fail : ndarray of shape (n_units,), bool
    risk : ndarray of shape (n_units,), in [0, 1]
    n_steps : int, default=8
        Newton's, all resamples in step. A resample that the risks separate has no finite slope; it
        keeps the large one that it has reached.

    Returns
    -------
    ndarray of shape (n_resamples,)

    References
    ----------
    .. [1] D. R. Cox, "Two further applications of a model for binary regression",
       Biometrika 45, 1958.
    """
    sure = np.clip(risk, _SURE, 1 - _SURE)
    log_odds = np.log(sure / (1 - sure))
    scale = log_odds.std() if log_odds.max() > log_odds.min() else 1.0
    x = (log_odds - log_odds.mean()) / scale
    powers = np.column_stack([np.ones_like(x), x, x * x])
    weighted_fails = weights * is_fail
    at = np.zeros((2, len(weights)))  # intercepts and slopes
    fail_share = weighted_fails.sum(axis=1) / weights.sum(axis=1)
    at[0] = np.log(fail_share / (1 - fail_share))
    for _ in range(n_steps):
        expected = 0.5 + 0.5 * np.tanh(0.5 * (at[0][:, np.newaxis] + np.outer(at[1], x)))
        pull = (weighted_fails - weights * expected) @ powers[:, :2]
        bend = (weights * (expected * (1 - expected))) @ powers + 1e-9
        # Steps are bounded: where a resample is separated, Newton's grow without end.
        at += np.clip(_solve(bend, pull), -2, 2)
    return at[1] / scale


def _solve(bend: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Solve [[b0, b1], [b1, b2]] · step = pull for every resample."""
    determinant = bend[:, 0] * bend[:, 2] - bend[:, 1] ** 2
    return (
        np.stack(
            [
                bend[:, 2] * pull[:, 0] - bend[:, 1] * pull[:, 1],
                bend[:, 0] * pull[:, 1] - bend[:, 1] * pull[:, 0],
            ]
        )
        / determinant
    )
