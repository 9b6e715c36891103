"""Families of candidates: pipelines with their preprocessing inside, and small search spaces.

Everything that learns from readings (medians, limits, scales, selection, components) is a step of
the pipeline, so whatever is fitted is fitted on the training window alone.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest, SelectorMixin, VarianceThreshold, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from secom_core.config import Search
from secom_core.errors import ConfigError, EvidenceError
from secom_core.evaluation import auc_score
from secom_core.evidence import FAMILIES, REFERENCE, Params
from secom_core.windows import Fold

if TYPE_CHECKING:
    from secom_core.dataset import Units

Progress: TypeAlias = Callable[[int, int], None]

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
_INNER_SHARES = (0.4, 0.55, 0.7, 0.85, 1.0)
_FEWEST = 10
"""With fewer fails, the first inner window has none for a block of `StableEffectSelector`."""


class Winsorizer(TransformerMixin, BaseEstimator):
    """Limit each sensor to its mean ± `n_sigmas` standard deviations, since SECOM has spikes.

    Parameters
    ----------
    n_sigmas : float, default=3.0
    """

    def __init__(self, n_sigmas: float = 3.0) -> None:
        self.n_sigmas = n_sigmas

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> Winsorizer:  # noqa: ARG002, N803
        """Learn the limits `low_` and `high_`, each of shape (n_features,)."""
        reach = self.n_sigmas * X.std(axis=0)
        self.low_, self.high_ = X.mean(axis=0) - reach, X.mean(axis=0) + reach
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Clip readings of shape (n_units, n_features) to the limits."""
        return np.clip(X, self.low_, self.high_)


class StableEffectSelector(SelectorMixin, BaseEstimator):
    """Keep the sensors whose difference between fails and passes holds over time.

    The window is cut into blocks of as many fails each. A sensor's effect in a block is the
    difference of the mean ranks of fails and passes; its score is the size of the mean effect less
    the spread of the effects, so that one block cannot carry a sensor.

    Parameters
    ----------
    k : int, default=20
        Sensors to keep.
    n_blocks : int, default=4
        Blocks in time order.
    """

    def __init__(self, k: int = 20, n_blocks: int = 4) -> None:
        self.k = k
        self.n_blocks = n_blocks

    def fit(self, X: np.ndarray, y: np.ndarray) -> StableEffectSelector:  # noqa: N803
        """Score the sensors of `X`, units in time order, against the fails in `y`."""
        is_fail = np.asarray(y, dtype=bool)
        ranks = np.argsort(np.argsort(X, axis=0, kind="stable"), axis=0, kind="stable") / len(X)
        fails = np.flatnonzero(is_fail)
        edges = [0, *(int(block[0]) for block in np.array_split(fails, self.n_blocks)[1:]), len(X)]
        effects = np.array(
            [
                ranks[a:b][is_fail[a:b]].mean(axis=0) - ranks[a:b][~is_fail[a:b]].mean(axis=0)
                for a, b in pairwise(edges)
                if not is_fail[a:b].all()  # fails in a row have no passes to differ from
            ]
        )
        self.scores_ = np.abs(effects.mean(axis=0)) - effects.std(axis=0)
        self.scores_[np.ptp(X, axis=0) == 0] = -np.inf  # ranks of a constant are its order in time
        self.n_features_in_ = X.shape[1]
        return self

    def _get_support_mask(self) -> np.ndarray:
        kept = np.zeros(self.n_features_in_, dtype=bool)
        kept[np.argsort(-self.scores_, kind="stable")[: self.k]] = True
        return kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A procedure's outcome on one training window.

    Parameters
    ----------
    family : str
    params : mapping
        What the search inside the window chose.
    pipeline : Pipeline
        Fitted on the whole window.
    tried : tuple of (mapping, float)
        Every combination with the AUC that it reached inside the window; empty where nothing was
        searched.
    fit_seconds : tuple of float
        Wall seconds of every fit that led here.
    """

    family: str
    params: Params
    pipeline: Pipeline
    tried: tuple[tuple[Params, float], ...]
    fit_seconds: tuple[float, ...]


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
    steps: list[tuple[str, BaseEstimator]] = [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True))
    ]
    # Trees see only the order of readings; the others would follow one spike anywhere.
    if family in ("mlp", "logistic") or params["selection"] == "pca":
        steps += [("limit", Winsorizer()), ("scale", StandardScaler())]
    steps += _selection(params)
    return Pipeline([*steps, ("classify", _classifier(family, params, seed=seed))])


def fit(
    family: str,
    units: Units,
    *,
    seed: int,
    search: Search = "full",
    progress: Progress | None = None,
) -> Fitted:
    """Search a family inside a training window, then fit the best parameters on all of it.

    Parameters
    ----------
    family : str
        One of `FAMILIES`, or `REFERENCE`.
    units : Units
        The training window in time order.
    seed : int
    search : {"full", "quick"}
    progress : callable, optional
        Told the number of fits done and the number of fits in all.

    Raises
    ------
    ConfigError
        If there is no such family.
    EvidenceError
        If the window holds too few fails or passes.
    """
    space = search_space(family, search)
    _require_both(units.is_fail)
    folds = inner_folds(units.is_fail) if len(space) > 1 else ()
    n_fits = len(space) * len(folds) + 1
    seconds: list[float] = []
    aucs = []
    for params in space:
        raw = []
        for fold in folds:
            pipeline = _timed_fit(
                build(family, params, seed=seed), units.window(fold.train), seconds
            )
            raw.append(raw_score(pipeline, units.readings[fold.test]))
            if progress:
                progress(len(seconds), n_fits)
        aucs.append(_pooled_auc(units.is_fail, folds, raw) if folds else float("nan"))
    best = int(np.argmax(aucs))  # the first of equals
    fitted = fit_params(family, space[best], units, seed=seed)
    if progress:
        progress(n_fits, n_fits)
    return replace(
        fitted,
        tried=tuple(zip(space, aucs, strict=True)) if folds else (),
        fit_seconds=(*seconds, *fitted.fit_seconds),
    )


def fit_params(family: str, params: Params, units: Units, *, seed: int) -> Fitted:
    """Fit given parameters of a family on a training window."""
    seconds: list[float] = []
    pipeline = _timed_fit(build(family, params, seed=seed), units, seconds)
    return Fitted(
        family=family, params=params, pipeline=pipeline, tried=(), fit_seconds=tuple(seconds)
    )


@contextmanager
def quiet_convergence() -> Iterator[None]:
    """Let a network stop after `max_iter` passes: that is its regularisation here, no mishap.

    Fits in threads need it around all of them: threads share their warning filters.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def raw_score(pipeline: Pipeline, readings: np.ndarray) -> np.ndarray:
    """Return the real-valued score that calibration takes, higher = likelier fail.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    readings : ndarray of shape (n_units, n_sensors)

    Returns
    -------
    ndarray of shape (n_units,), float64
        Log odds where the classifier has them; of a forest, the mean share of fails in the leaves.
    """
    features = pipeline[:-1].transform(readings)
    classifier = pipeline[-1]
    match classifier:
        case LogisticRegression():
            return np.asarray(classifier.decision_function(features), dtype=np.float64)
        case XGBClassifier():
            margin = classifier.predict(features, output_margin=True)
            return np.asarray(margin, dtype=np.float64)
        case MLPClassifier():
            return _mlp_log_odds(classifier, features)
        case _:
            return np.asarray(classifier.predict_proba(features)[:, 1], dtype=np.float64)


def inner_folds(is_fail: np.ndarray) -> tuple[Fold, ...]:
    """Cut a training window into expanding windows with as many fails each to predict.

    Fails are few and bunched in time, so that cuts by the number of units would leave folds
    without one.
    """
    fails = np.flatnonzero(is_fail)
    positions = [int(share * len(fails)) for share in _INNER_SHARES[:-1]]
    edges = [int(fails[position]) for position in positions] + [len(is_fail)]
    return tuple(Fold(slice(0, a), slice(a, b)) for a, b in pairwise(edges))


def _require_both(is_fail: np.ndarray) -> None:
    n_fails = int(np.count_nonzero(is_fail))
    if min(n_fails, is_fail.size - n_fails) < _FEWEST:
        message = (
            f"a training window needs at least {_FEWEST} fails and as many passes, got {n_fails} "
            f"fails in {is_fail.size} units. Take more units, or a larger first_window."
        )
        raise EvidenceError(message)


def _selection(params: Params) -> list[tuple[str, BaseEstimator]]:
    # A constant sensor has no F statistic, and dividing by its spread warns.
    changing = ("drop_constant", VarianceThreshold())
    match params["selection"]:
        case "f":
            return [changing, ("select", SelectKBest(f_classif, k=params["n_sensors"]))]
        case "stable":
            return [("select", StableEffectSelector(k=int(params["n_sensors"])))]
        case "pca":
            n_components = int(params["n_components"])
            return [("project", PCA(n_components, svd_solver="covariance_eigh"))]
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


def _timed_fit(pipeline: Pipeline, units: Units, seconds: list[float]) -> Pipeline:
    start = time.perf_counter()
    with quiet_convergence():
        pipeline.fit(units.readings, units.is_fail)
    seconds.append(time.perf_counter() - start)
    return pipeline


def _pooled_auc(is_fail: np.ndarray, folds: Sequence[Fold], raw: Sequence[np.ndarray]) -> float:
    seen = np.concatenate([is_fail[fold.test] for fold in folds])
    return auc_score(seen, np.concatenate(raw))


def _mlp_log_odds(classifier: MLPClassifier, features: np.ndarray) -> np.ndarray:
    """Return the activation before the last sigmoid, which `predict_proba` rounds away near 1."""
    hidden = features
    for weights, bias in zip(classifier.coefs_[:-1], classifier.intercepts_[:-1], strict=True):
        hidden = np.maximum(hidden @ weights + bias, 0.0)
    return (hidden @ classifier.coefs_[-1] + classifier.intercepts_[-1]).ravel()
