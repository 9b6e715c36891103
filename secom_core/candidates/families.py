"""What each family is, and the few combinations of parameters that it tries."""

from __future__ import annotations

from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import VarianceThreshold, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from secom_core.candidates.steps import (
    LargestEffectSelector,
    MedianImputer,
    Projector,
    StableEffectSelector,
    Standardizer,
    Winsorizer,
)
from secom_core.config import Search
from secom_core.errors import ConfigError
from secom_core.evidence import FAMILIES, REFERENCE, Params

_SELECTIONS: tuple[Params, ...] = (
    {"selection": "f", "n_sensors": 20},
    {"selection": "f", "n_sensors": 40},
    {"selection": "stable", "n_sensors": 20},
    {"selection": "stable", "n_sensors": 40},
    {"selection": "all"},
)
_SHAPES: dict[str, tuple[Params, ...]] = {
    "forest": ({"min_samples_leaf": 1}, {"min_samples_leaf": 5}),
    "xgboost": ({"max_depth": 2}, {"max_depth": 4}),
    "mlp": ({"alpha": 0.1}, {"alpha": 10.0}),
    "logistic": ({"C": 0.001}, {"C": 0.1}),
}
_PCA: Params = {"selection": "pca", "n_components": 20}


def search_space(family: str, search: Search = "full") -> tuple[Params, ...]:
    """Return every combination that the search of a family tries.

    Parameters
    ----------
    family : str
        One of `FAMILIES`, or `REFERENCE`.
    search : {"full", "quick"}
        Quick takes the first combination as it is, for demonstrations and tests.

    Raises
    ------
    ConfigError
        If there is no such family.
    """
    if family == REFERENCE:
        return ({"selection": "f", "n_sensors": 40, "min_samples_leaf": 1},)
    if family not in _SHAPES:
        message = f"no family {family!r}; there are {', '.join((*FAMILIES, REFERENCE))}."
        raise ConfigError(message)
    shapes = _SHAPES[family]
    searched = [{**selection, **shape} for selection in _SELECTIONS for shape in shapes]
    space = (*searched, {**_PCA, **shapes[-1]})
    return space[:1] if search == "quick" else space


def build(family: str, params: Params, *, seed: int) -> Pipeline:
    """Return an unfitted pipeline of a family with `params`."""
    steps: list[tuple[str, BaseEstimator]] = [("impute", MedianImputer())]
    # Trees see only the order of readings; the others would follow one spike anywhere.
    if family in ("mlp", "logistic") or params["selection"] == "pca":
        steps += [("limit", Winsorizer()), ("scale", Standardizer())]
    steps += _selection(params)
    return Pipeline([*steps, ("classify", _classifier(family, params, seed=seed))])


def _selection(params: Params) -> list[tuple[str, BaseEstimator]]:
    # A constant sensor has no F statistic, and dividing by its spread warns.
    changing = ("drop_constant", VarianceThreshold())
    match params["selection"]:
        case "f":
            return [changing, ("select", LargestEffectSelector(f_classif, k=params["n_sensors"]))]
        case "stable":
            return [("select", StableEffectSelector(k=int(params["n_sensors"])))]
        case "pca":
            n_components = int(params["n_components"])
            return [("project", Projector(n_components, svd_solver="covariance_eigh"))]
        case _:
            return [changing]


def _classifier(family: str, params: Params, *, seed: int) -> BaseEstimator:
    match family:
        case "logistic":
            return LogisticRegression(C=params["C"], class_weight="balanced", max_iter=1000)
        case "mlp":
            return MLPClassifier((16,), alpha=params["alpha"], max_iter=100, random_state=seed)
        case "xgboost":
            return XGBClassifier(
                n_estimators=1000,
                max_depth=params["max_depth"],
                learning_rate=0.01,
                subsample=0.7,
                colsample_bytree=0.5,
                min_child_weight=3,
                tree_method="hist",
                n_jobs=1,
                random_state=seed,
            )
        case _:
            n_trees = 200 if family == REFERENCE else 350
            leaf = params["min_samples_leaf"]
            return RandomForestClassifier(n_trees, min_samples_leaf=leaf, random_state=seed)
