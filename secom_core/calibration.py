"""Risks from raw scores: a sigmoid of two parameters, fitted on the calibration window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.errors import ConfigError, EvidenceError, OneClassError

_LEAST_SLOPE = 0.01
"""Per standard deviation of the raw scores: nearly flat, yet no two scores trade places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid:
    """Risk = 1 / (1 + exp(-(slope · raw + intercept))).

    Parameters
    ----------
    slope : float
        > 0: calibration moves risks, never their order.
    intercept : float
        Log odds of a fail at a raw score of 0.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and self.slope > 0 and np.isfinite(self.intercept)):
            message = (
                "a sigmoid needs a finite slope > 0 and a finite intercept, got "
                f"slope={self.slope}, intercept={self.intercept}."
            )
            raise ConfigError(message)

    def risk(self, raw: np.ndarray) -> np.ndarray:
        """Turn raw scores of shape (n_units,) into risks of the same shape."""
        return _expit(self.slope * raw + self.intercept)


def fit_sigmoid(
    raw: np.ndarray, is_fail: np.ndarray, *, weight: np.ndarray | None = None
) -> Sigmoid:
    """Fit the sigmoid that makes raw scores into risks, by Platt's method.

    Smoothed targets keep it finite on windows that the scores separate. Should the window
    contradict the ranking, the risks become nearly flat: they say "unknown", not the reverse.

    Parameters
    ----------
    raw : ndarray of shape (n_units,)
        Scores in any unit, higher = likelier fail.
    is_fail : ndarray of shape (n_units,), bool
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Returns
    -------
    Sigmoid
        The likeliest among those with a slope of at least .01 per standard deviation of `raw`.

    Raises
    ------
    EvidenceError
        If a raw score is not finite.
    OneClassError
        If passes or fails are absent.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines", 1999.
    .. [2] H.-T. Lin, C.-J. Lin, R. Weng, "A note on Platt's probabilistic outputs for support
       vector machines", Machine Learning 68, 2007.
    """
    # 1 on average: units tell no more than themselves, whatever they stand for.
    weights = np.ones(raw.size) if weight is None else weight / weight.mean()
    target = _smoothed_targets(is_fail, weights)
    if not np.isfinite(raw).all():
        message = f"{np.count_nonzero(~np.isfinite(raw))} of {raw.size} raw scores are not finite."
        raise EvidenceError(message)
    # Newton's steps are safe on standardised scores; equal scores have no spread to divide by.
    center, scale = raw.mean(), raw.std() if raw.max() > raw.min() else 1.0
    standard = (raw - center) / scale
    ones = np.ones_like(standard)
    design = np.column_stack([standard, ones])
    slope, intercept = _newton(design, target, weights, offset=0 * ones)
    if slope < _LEAST_SLOPE:
        slope = _LEAST_SLOPE
        (intercept,) = _newton(ones[:, np.newaxis], target, weights, offset=slope * standard)
    return Sigmoid(slope=float(slope / scale), intercept=float(intercept - slope * center / scale))


def _smoothed_targets(is_fail: np.ndarray, weights: np.ndarray) -> np.ndarray:
    n_fails = np.count_nonzero(is_fail)
    n_passes = is_fail.size - n_fails
    if n_fails == 0 or n_passes == 0:
        message = f"calibration needs passes and fails, got {n_passes} and {n_fails}."
        raise OneClassError(message)
    # By weight, so that what fails lose by smoothing is what passes gain.
    fails, passes = weights[is_fail].sum(), weights[~is_fail].sum()
    return np.where(is_fail, (fails + 1) / (fails + 2), 1 / (passes + 2))


def _newton(
    design: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    *,
    offset: np.ndarray,
    n_steps: int = 100,
) -> np.ndarray:
    """Minimise the weighted cross entropy of `target` over a logistic regression."""
    coefficients = np.zeros(design.shape[1])
    for _ in range(n_steps):
        risk = _expit(design @ coefficients + offset)
        gradient = design.T @ (weights * (risk - target))
        if np.abs(gradient).max() < 1e-12 * target.size:
            break
        # The tiny ridge matters only when all scores are equal.
        hessian = (design.T * (weights * (risk * (1 - risk)))) @ design
        hessian += 1e-12 * np.eye(coefficients.size)
        step = np.linalg.solve(hessian, gradient)
        before = _cross_entropy(design @ coefficients + offset, target, weights)
        while _cross_entropy(design @ (coefficients - step) + offset, target, weights) > before:
            step /= 2
            if np.abs(step).max() < np.finfo(float).eps:
                return coefficients
        coefficients -= step
    return coefficients


def _cross_entropy(log_odds: np.ndarray, target: np.ndarray, weights: np.ndarray) -> float:
    return float(np.sum(weights * (np.logaddexp(0, log_odds) - target * log_odds)))


def _expit(log_odds: np.ndarray) -> np.ndarray:
    # Unlike 1 / (1 + exp(-x)), this never overflows, and it keeps tiny risks apart.
    return np.exp(-np.logaddexp(0, -log_odds))
