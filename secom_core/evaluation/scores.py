"""Figures of one window, without intervals; `*_score` and rates go up, `*_loss` goes down."""

from __future__ import annotations

import numpy as np

from secom_core.evaluation import sweep
from secom_core.evaluation.bootstrap import as_it_is
from secom_core.evaluation.sweep import Ranking, Sweep, require_probabilities, require_scored


def auc_score(is_fail: np.ndarray, risk: np.ndarray, *, weight: np.ndarray | None = None) -> float:
    """Chance that a fail has a higher risk than a pass; ties count half.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
    risk : ndarray of shape (n_units,)
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Raises
    ------
    EvidenceError
        If risks are missing or not finite, or passes or fails are absent.
    """
    return float(sweep.auc(_swept_once(is_fail, risk, weight))[0])


def average_precision_score(is_fail: np.ndarray, risk: np.ndarray) -> float:
    """Precision, averaged over the fails; takes and raises what `auc_score` does."""
    return float(sweep.average_precision(_swept_once(is_fail, risk))[0])


def capture_rate_at(
    is_fail: np.ndarray,
    risk: np.ndarray,
    inspection_rate: float,
    *,
    weight: np.ndarray | None = None,
) -> float:
    """Share of fails among the riskiest `inspection_rate` of all units.

    Units that tie at the edge count in proportion; else as `auc_score`.
    """
    return float(sweep.capture_at(_swept_once(is_fail, risk, weight), inspection_rate)[0])


def brier_loss(is_fail: np.ndarray, risk: np.ndarray) -> float:
    """Mean squared difference between risk, in [0, 1], and outcome; else as `auc_score`."""
    require_probabilities(is_fail, risk)
    return float(np.mean((risk - is_fail) ** 2))


def f1_score(is_fail: np.ndarray, is_flagged: np.ndarray) -> float:
    """Harmonic mean of precision and capture rate; 0 if nothing is flagged.

    Parameters
    ----------
    is_fail, is_flagged : ndarray of shape (n_units,), bool
    """
    require_scored(is_fail, is_flagged)
    return float(2 * np.sum(is_fail & is_flagged) / (np.sum(is_fail) + np.sum(is_flagged)))


def accuracy_score(is_fail: np.ndarray, is_flagged: np.ndarray) -> float:
    """Share of units that were flagged as they should; passing everything has a high one.

    Parameters
    ----------
    is_fail, is_flagged : ndarray of shape (n_units,), bool
    """
    require_scored(is_fail, is_flagged)
    return float(np.mean(is_fail == is_flagged))


def _swept_once(is_fail: np.ndarray, risk: np.ndarray, weight: np.ndarray | None = None) -> Sweep:
    require_scored(is_fail, risk)
    return Ranking(is_fail, risk).sweep(as_it_is(is_fail, weight))
