"""How good a model is, and how sure one may be of it."""

from secom_core.evaluation.bootstrap import Figure
from secom_core.evaluation.comparison import auc_figure, auc_lower_bound, probability_better
from secom_core.evaluation.curves import Curve, Curves, cost_curve, curves
from secom_core.evaluation.figures import Figures, FlagFigures, figures, flag_figures
from secom_core.evaluation.modes import LaterWindow, ModeFigures, compare_modes
from secom_core.evaluation.reliability import ReliabilityCurve, reliability_curve
from secom_core.evaluation.scores import (
    accuracy_score,
    auc_score,
    average_precision_score,
    brier_loss,
    capture_rate_at,
    f1_score,
)

__all__ = [
    "Curve",
    "Curves",
    "Figure",
    "Figures",
    "FlagFigures",
    "LaterWindow",
    "ModeFigures",
    "ReliabilityCurve",
    "accuracy_score",
    "auc_figure",
    "auc_lower_bound",
    "auc_score",
    "average_precision_score",
    "brier_loss",
    "capture_rate_at",
    "compare_modes",
    "cost_curve",
    "curves",
    "f1_score",
    "figures",
    "flag_figures",
    "probability_better",
    "reliability_curve",
]
