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
    weight: np.ndarray | None
    risk: np.ndarray
    curves: Curves
    figures: Figures

    @property
    def fail_share(self) -> float:
        """Fails ÷ units, by weight."""
        return float(np.average(self.is_fail, weights=self.weight))


def development(data: ReportData) -> Seen:
    """Look at the chosen procedure on the units that its folds predict."""
    chosen = data.comparison.chosen
    compared = data.units.window(data.cuts.compared)
    is_fail, weight = compared.is_fail, compared.weight
    return Seen(
        name="development",
        colour=canvas.MUTED,
        sets_scale=True,
        is_fail=is_fail,
        weight=weight,
        risk=chosen.risk,
        curves=curves(is_fail, chosen.risk, seed=data.config.seed, weight=weight),
        figures=chosen.figures,
    )


def holdout(data: ReportData) -> Seen | None:
    """Look at the challenger on the holdout; None where passes or fails are absent."""
    is_fail, weight = data.holdout.is_fail, data.holdout.weight
    risk, seed = data.judgement.risk, data.config.seed
    if is_fail.all() or not is_fail.any():
        return None
    found = replace(
        figures(is_fail, risk, seed=seed, weight=weight),
        flagged=flag_figures(is_fail, data.judgement.flagged, seed=seed, weight=weight),
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
        weight=weight,
        risk=risk,
        curves=curves(is_fail, risk, seed=seed, weight=weight),
        figures=found,
    )
