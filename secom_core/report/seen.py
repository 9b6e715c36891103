"""The two windows whose units were scored by fits that had not seen them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from secom_core.evaluation import Curves, Figures, curves, figures, flag_figures
from secom_core.report import canvas
from secom_core.report.data import ReportData


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A window, its risks, and all that they tell."""

    name: str
    colour: str
    sets_scale: bool
    """Whether its units had a part in how large the risks are; then they cannot judge that."""
    is_fail: np.ndarray
    risk: np.ndarray
    curves: Curves
    figures: Figures


def development(data: ReportData) -> Seen:
    """Look at the chosen procedure on the units that its folds predict."""
    chosen = data.comparison.chosen
    is_fail = data.units.is_fail[data.cuts.compared]
    return Seen(
        name="development",
        colour=canvas.MUTED,
        sets_scale=True,
        is_fail=is_fail,
        risk=chosen.risk,
        curves=curves(is_fail, chosen.risk, seed=data.config.seed),
        figures=chosen.figures,
    )


def holdout(data: ReportData) -> Seen | None:
    """Look at the challenger on the holdout; None where passes or fails are absent."""
    is_fail, risk, seed = data.holdout.is_fail, data.judgement.risk, data.config.seed
    if is_fail.all() or not is_fail.any():
        return None
    found = replace(
        figures(is_fail, risk, seed=seed),
        flagged=flag_figures(is_fail, data.judgement.flagged, seed=seed),
    )
    signal = data.judgement.verdict.signal
    if signal and signal.holdout_auc:
        # The gate draws its own resamples; one page must not show two intervals of one figure.
        found = replace(found, auc=signal.holdout_auc)
    return Seen(
        name="holdout",
        colour=canvas.ACCENT,
        sets_scale=False,
        is_fail=is_fail,
        risk=risk,
        curves=curves(is_fail, risk, seed=seed),
        figures=found,
    )
