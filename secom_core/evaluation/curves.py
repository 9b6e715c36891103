"""Curves for the report, each with a band: ROC, capture v inspection, cost v inspection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.errors import ConfigError
from secom_core.evaluation.bootstrap import N_RESAMPLES, as_it_is, resamples
from secom_core.evaluation.sweep import Ranking, Sweep, require_scored


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A curve and its pointwise 95 % band.

    Parameters
    ----------
    at : ndarray of shape (n_points,)
        Where the curve is known, ascending.
    value, low, high : ndarray of shape (n_points,)
    """

    at: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """How a model ranks a window.

    Parameters
    ----------
    roc : Curve
        Capture rate by the share of passes that are flagged.
    capture : Curve
        Capture rate by inspection rate.
    """

    roc: Curve
    capture: Curve


def curves(
    is_fail: np.ndarray,
    risk: np.ndarray,
    *,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    n_points: int = 101,
    weight: np.ndarray | None = None,
) -> Curves:
    """Trace both curves of a window, with bands by stratified bootstrap.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
    risk : ndarray of shape (n_units,)
    seed : int
    n_resamples : int, default=2000
    n_points : int, default=101
        Equally spaced from 0 to 1.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Raises
    ------
    EvidenceError
        If risks are missing or not finite, or passes or fails are absent.
    """
    require_scored(is_fail, risk)
    at = np.linspace(0, 1, n_points)
    ranking = Ranking(is_fail, risk)
    observed = _traced(ranking.sweep(as_it_is(is_fail, weight)), at)
    drawn = np.concatenate(
        [
            _traced(ranking.sweep(weights), at)
            for weights in resamples(is_fail, n_resamples=n_resamples, seed=seed, weight=weight)
        ]
    )
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    roc, capture = (
        Curve(at=at, value=observed[0, kind], low=low[kind], high=high[kind]) for kind in (0, 1)
    )
    return Curves(roc=roc, capture=capture)


def cost_curve(
    capture: Curve, *, fail_share: float, missed_fail_cost: float, inspection_cost: float = 1.0
) -> Curve:
    """Cost per unit by inspection rate: of inspecting, and of the fails that escape.

    Parameters
    ----------
    capture : Curve
        Capture rate by inspection rate.
    fail_share : float
        Fails ÷ units.
    missed_fail_cost, inspection_cost : float
        > 0, in one currency; an inspection finds every fail.
    """
    if not (missed_fail_cost > 0 and inspection_cost > 0):
        message = (
            "costs must be above 0, got "
            f"missed_fail_cost={missed_fail_cost}, inspection_cost={inspection_cost}."
        )
        raise ConfigError(message)

    def cost(capture_rate: np.ndarray) -> np.ndarray:
        escapes = fail_share * (1 - capture_rate)
        return inspection_cost * capture.at + missed_fail_cost * escapes

    return Curve(
        at=capture.at,
        value=cost(capture.value),
        low=cost(capture.high),  # who catches most pays least
        high=cost(capture.low),
    )


def _traced(sweep: Sweep, at: np.ndarray) -> np.ndarray:
    """Both capture rates of each resample: shape (n_resamples, 2, n_points)."""
    caught, overkill = sweep.capture_rate, sweep.overkill_rate
    inspected = sweep.flagged / sweep.flagged[:, -1:]
    return np.stack(
        [
            [np.interp(at, x[row], caught[row]) for x in (overkill, inspected)]
            for row in range(len(caught))
        ]
    )
