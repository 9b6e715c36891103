"""Everything that a window tells about a model, each with a 95 % interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from secom_core.evaluation import sweep
from secom_core.evaluation.bootstrap import N_RESAMPLES, Figure, with_intervals
from secom_core.evaluation.reliability import calibration_slopes
from secom_core.evaluation.sweep import Ranking, require_probabilities, require_scored


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagFigures:
    """What flagging does.

    Parameters
    ----------
    inspection_rate, capture_rate, f1, accuracy : Figure
    accuracy_of_passing_everything : float
        What `accuracy` must be read beside; resampling by strata leaves it as it is.
    """

    inspection_rate: Figure
    capture_rate: Figure
    f1: Figure
    accuracy: Figure
    accuracy_of_passing_everything: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a window tells about a model.

    Parameters
    ----------
    n_units, n_fails : int
    auc, average_precision : Figure
        Blind guessing has an AUC of .5 and an average precision of the share of fails.
    capture_at_5, capture_at_10, capture_at_20 : Figure
        Share of fails among the riskiest 5, 10, 20 % of units.
    brier : Figure
    brier_of_fail_share : float
        Of one risk for all, their share of fails: what `brier` must be read beside.
    calibration_slope : Figure
        1 is right; below 1 the risks are too bold.
    flagged : FlagFigures, optional
        At the operating point, if there is one.
    """

    n_units: int
    n_fails: int
    auc: Figure
    average_precision: Figure
    capture_at_5: Figure
    capture_at_10: Figure
    capture_at_20: Figure
    brier: Figure
    brier_of_fail_share: float
    calibration_slope: Figure
    flagged: FlagFigures | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON has them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Figures:
        """Read what `to_json` wrote."""
        read = _figures_of(fields)
        if read["flagged"] is not None:
            read["flagged"] = FlagFigures(**_figures_of(read["flagged"]))
        return cls(**read)


def figures(
    is_fail: np.ndarray,
    risk: np.ndarray,
    *,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    threshold: float | None = None,
    weight: np.ndarray | None = None,
) -> Figures:
    """Compute every figure of a window, with intervals by stratified bootstrap.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
    risk : ndarray of shape (n_units,), in [0, 1]
    seed : int
        Same seed and window, same intervals.
    n_resamples : int, default=2000
    threshold : float, optional
        Flag at this risk and above; without it nothing is said about flagging.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Raises
    ------
    EvidenceError
        If risks are missing or outside [0, 1], or passes or fails are absent.
    """
    require_probabilities(is_fail, risk)
    ranking = Ranking(is_fail, risk)
    squared = (risk - is_fail) ** 2

    def measures(weights: np.ndarray) -> dict[str, np.ndarray]:
        swept = ranking.sweep(weights)
        return {
            "auc": sweep.auc(swept),
            "average_precision": sweep.average_precision(swept),
            "capture_at_5": sweep.capture_at(swept, 0.05),
            "capture_at_10": sweep.capture_at(swept, 0.10),
            "capture_at_20": sweep.capture_at(swept, 0.20),
            "brier": weights @ squared / swept.flagged[:, -1],
            "calibration_slope": calibration_slopes(weights, is_fail, risk),
        }

    flagged = None
    if threshold is not None:
        flagged = flag_figures(
            is_fail, risk >= threshold, seed=seed, n_resamples=n_resamples, weight=weight
        )
    fail_share = float(np.average(is_fail, weights=weight))
    return Figures(
        n_units=is_fail.size,
        n_fails=int(np.sum(is_fail)),
        brier_of_fail_share=fail_share * (1 - fail_share),
        flagged=flagged,
        **with_intervals(measures, is_fail, seed=seed, n_resamples=n_resamples, weight=weight),
    )


def flag_figures(
    is_fail: np.ndarray,
    is_flagged: np.ndarray,
    *,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    weight: np.ndarray | None = None,
) -> FlagFigures:
    """Compute what flagging does in a window, with intervals by stratified bootstrap.

    Parameters
    ----------
    is_fail, is_flagged : ndarray of shape (n_units,), bool
    seed : int
    n_resamples : int, default=2000
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.
    """
    require_scored(is_fail, is_flagged)

    def measures(weights: np.ndarray) -> dict[str, np.ndarray]:
        n_units, n_fails = weights.sum(axis=1), weights @ is_fail
        flagged = weights @ is_flagged
        caught = weights @ (is_flagged & is_fail)
        wrong = (n_fails - caught) + (flagged - caught)
        return {
            "inspection_rate": flagged / n_units,
            "capture_rate": caught / n_fails,
            "f1": 2 * caught / (n_fails + flagged),
            "accuracy": 1 - wrong / n_units,
        }

    return FlagFigures(
        accuracy_of_passing_everything=float(1 - np.average(is_fail, weights=weight)),
        **with_intervals(measures, is_fail, seed=seed, n_resamples=n_resamples, weight=weight),
    )


def _figures_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: Figure(**value) if isinstance(value, Mapping) and "low" in value else value
        for name, value in fields.items()
    }
