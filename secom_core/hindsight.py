"""Figures for comparison only, computed after the verdict and never used to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from secom_core import candidates
from secom_core.evaluation import Figures, figures
from secom_core.windows import Fold, timeline

if TYPE_CHECKING:
    from secom_core.candidates import Fitted, Progress
    from secom_core.config import TrainingConfig
    from secom_core.dataset import Units
    from secom_core.evidence import Evidence

N_RANDOM_FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hindsight:
    """How the chosen procedure would have done to the end, and how good it would look shuffled.

    Parameters
    ----------
    temporal_risk : ndarray of shape (n_units - first,)
        Of every unit after the first training window, each by the fit before it.
    temporal : Figures
        Of those risks: the honest figure for the procedure over all of its history.
    shuffled : Figures
        Of the same parameters on a random split: neighbours in time on both sides of it tell on
        each other, so that it flatters.
    fit_seconds : tuple of float
    """

    temporal_risk: np.ndarray
    temporal: Figures
    shuffled: Figures
    fit_seconds: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "temporal_risk": self.temporal_risk.tolist(),
            "temporal": self.temporal.to_json(),
            "shuffled": self.shuffled.to_json(),
            "fit_seconds": list(self.fit_seconds),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Hindsight:
        """Read what `to_json` wrote."""
        return cls(
            temporal_risk=np.array(fields["temporal_risk"]),
            temporal=Figures.from_json(fields["temporal"]),
            shuffled=Figures.from_json(fields["shuffled"]),
            fit_seconds=tuple(fields["fit_seconds"]),
        )


def look_back(
    chosen: Evidence,
    units: Units,
    config: TrainingConfig,
    *,
    n_threads: int = 2,
    progress: Progress | None = None,
) -> Hindsight:
    """Run the chosen procedure through the holdout, and its parameters on a random split.

    Parameters
    ----------
    chosen : Evidence
        Of the family that went to the gate; its development folds are not fitted again.
    units : Units
        All units of the run in time order.
    config : TrainingConfig
    n_threads : int, default=2
        Fits at once; the figures do not depend on it.
    progress : callable, optional
        Told the number of windows done and the number of windows in all.
    """
    cuts = timeline(len(units), config.shares)
    later = cuts.hindsight_folds[len(cuts.folds) :]
    shuffled = _shuffled_folds(units.is_fail, seed=config.seed)
    with candidates.quiet_convergence(), ThreadPoolExecutor(n_threads) as pool:
        searched = [
            pool.submit(
                candidates.fit,
                chosen.family,
                units.window(fold.train),
                seed=config.seed,
                search=config.search,
            )
            for fold in later
        ]
        params = chosen.params_by_window[-1]
        fixed = [
            pool.submit(
                candidates.fit_params,
                chosen.family,
                params,
                units.take(train),
                seed=config.seed,
            )
            for train, _ in shuffled
        ]
        _await(searched + fixed, progress)
    raw = _raw_scores(searched, later, units)
    risk = np.concatenate([chosen.risk, chosen.sigmoid.risk(raw)])
    fits = [future.result() for future in searched + fixed]
    seen = units.window(slice(cuts.compared.start, None))
    return Hindsight(
        temporal_risk=risk,
        temporal=figures(seen.is_fail, risk, seed=config.seed, weight=seen.weight),
        shuffled=_shuffled_figures(fixed, shuffled, units, chosen, seed=config.seed),
        fit_seconds=tuple(second for fitted in fits for second in fitted.fit_seconds),
    )


def _shuffled_folds(is_fail: np.ndarray, *, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    folds = StratifiedKFold(N_RANDOM_FOLDS, shuffle=True, random_state=seed)
    return list(folds.split(is_fail[:, np.newaxis], is_fail))


def _await(futures: Sequence[Future[Fitted]], progress: Progress | None) -> None:
    for done, future in enumerate(as_completed(futures), start=1):
        future.result()
        if progress:
            progress(done, len(futures))


def _raw_scores(fits: Sequence[Future[Fitted]], folds: Sequence[Fold], units: Units) -> np.ndarray:
    return np.concatenate(
        [
            candidates.raw_score(future.result().pipeline, units.readings[fold.test])
            for future, fold in zip(fits, folds, strict=True)
        ]
    )


def _shuffled_figures(
    fits: Sequence[Future[Fitted]],
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    units: Units,
    chosen: Evidence,
    *,
    seed: int,
) -> Figures:
    risk = np.empty(len(units))
    for future, (_, test) in zip(fits, folds, strict=True):
        raw = candidates.raw_score(future.result().pipeline, units.readings[test])
        risk[test] = chosen.sigmoid.risk(raw)
    return figures(units.is_fail, risk, seed=seed, weight=units.weight)
