"""Search a family inside a training window, and fit what was found on all of it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from secom_core.candidates.families import build, search_space
from secom_core.candidates.scoring import raw_score
from secom_core.config import Search
from secom_core.errors import EvidenceError
from secom_core.evaluation import auc_score
from secom_core.evidence import Params
from secom_core.windows import Fold

if TYPE_CHECKING:
    from secom_core.dataset import Units

Progress: TypeAlias = Callable[[int, int], None]
"""Is told the number of fits done and the number of fits in all."""

_INNER_SHARES = (0.4, 0.55, 0.7, 0.85, 1.0)
_FEWEST = 10
"""With fewer fails, the first inner window has none for a block of `StableEffectSelector`."""


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
        aucs.append(_pooled_auc(units, folds, raw) if folds else float("nan"))
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


def _timed_fit(pipeline: Pipeline, units: Units, seconds: list[float]) -> Pipeline:
    start = time.perf_counter()
    with quiet_convergence():
        pipeline.fit(units.readings, units.is_fail, **_weighting(pipeline, units))
    seconds.append(time.perf_counter() - start)
    return pipeline


def _weighting(pipeline: Pipeline, units: Units) -> dict[str, np.ndarray]:
    """Weights for each step that learns by them; none where all units weigh alike."""
    if units.weight is None or np.ptp(units.weight) == 0:
        return {}
    # 1 on average, so that a penalty weighs as much beside them as it does without.
    weight = units.weight / units.weight.mean()
    return {
        f"{name}__sample_weight": weight
        for name, step in pipeline.steps
        if has_fit_parameter(step, "sample_weight")
    }


def _pooled_auc(units: Units, folds: Sequence[Fold], raw: Sequence[np.ndarray]) -> float:
    # The folds follow each other to the end of the window.
    seen = units.window(slice(folds[0].test.start, folds[-1].test.stop))
    return auc_score(seen.is_fail, np.concatenate(raw), weight=seen.weight)
