"""Families of candidates: pipelines with their preprocessing inside, and small search spaces.

Everything that learns from readings (medians, limits, scales, selection, components) is a step of
the pipeline, so whatever is fitted is fitted on the training window alone.
"""

from secom_core.candidates.families import build, search_space
from secom_core.candidates.fitting import (
    Fitted,
    Progress,
    fit,
    fit_params,
    inner_folds,
    quiet_convergence,
)
from secom_core.candidates.scoring import raw_score
from secom_core.candidates.steps import (
    LargestEffectSelector,
    MedianImputer,
    Projector,
    StableEffectSelector,
    Standardizer,
    Winsorizer,
)

__all__ = [
    "Fitted",
    "LargestEffectSelector",
    "MedianImputer",
    "Progress",
    "Projector",
    "StableEffectSelector",
    "Standardizer",
    "Winsorizer",
    "build",
    "fit",
    "fit_params",
    "inner_folds",
    "quiet_convergence",
    "raw_score",
    "search_space",
]
