"""What the sides serve: one fitted pipeline, as a bundle and as scikit-learn has it."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from secom_core import bundle, candidates, dataset
from secom_core.calibration import Sigmoid
from secom_core.card import Card
from secom_core.store import bucket_opener
from tests.bundles import parts_of

LOGISTIC, FOREST = "logistic", "reference"
_FIT, _CALIBRATION = 0.6, 0.8
_EXTENDED = (SimpleImputer, StandardScaler, SelectKBest)
"""What our steps add to is fitting by weight; what they have fitted is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """One model in the two forms that are compared."""

    family: str
    bundle: Path
    pickle: Path
    pipeline: Pipeline


def load_units(cache: Path) -> dataset.Units:
    """Return the real units where SECOM_DATA says where they are, else the twin."""
    source = os.environ.get("SECOM_DATA") or "synthetic"
    return dataset.load(source, cache=cache, open_bucket=bucket_opener(os.environ))


def make(family: str, units: dataset.Units, folder: Path) -> Served:
    """Fit a family's first combination and write both forms of it into `folder`."""
    cuts = int(_FIT * len(units)), int(_CALIBRATION * len(units))
    fit, calibration = units.window(slice(0, cuts[0])), units.window(slice(*cuts))
    params = candidates.search_space(family, "quick")[0]
    pipeline = candidates.fit_params(family, params, fit, seed=0).pipeline
    parts = parts_of(
        pipeline, fit, calibration, card=lambda sigmoid: _card(family, sigmoid, fit, calibration)
    )
    bundle.write(parts, folder / family / "bundle")
    stock = _without_our_classes(pipeline)
    np.testing.assert_allclose(
        stock.predict_proba(calibration.readings), pipeline.predict_proba(calibration.readings)
    )
    path = folder / family / "stock" / "model.pkl"
    path.parent.mkdir()
    path.write_bytes(pickle.dumps(stock))
    return Served(family=family, bundle=folder / family / "bundle", pickle=path, pipeline=stock)


def _card(family: str, sigmoid: Sigmoid, fit: dataset.Units, calibration: dataset.Units) -> Card:
    return Card(
        family=family,
        params={"slope": f"{sigmoid.slope:.6g}"},
        seed=0,
        data_digest=fit.digest,
        is_synthetic=fit.is_synthetic,
        n_units=len(fit) + len(calibration),
        n_fails=int(fit.is_fail.sum() + calibration.is_fail.sum()),
        fitted_from=str(fit.measured_at[0]),
        fitted_until=str(fit.measured_at[-1]),
        seen_until=str(calibration.measured_at[-1]),
        figures={},
    )


def _without_our_classes(pipeline: Pipeline) -> Pipeline:
    """Say the same in scikit-learn's own classes: stock servers have no others installed."""
    return Pipeline([(name, _plain(step)) for name, step in pipeline.steps])


def _plain(step: BaseEstimator) -> BaseEstimator:
    if isinstance(step, candidates.Winsorizer):
        return FunctionTransformer(np.clip, kw_args={"a_min": step.low_, "a_max": step.high_})
    for base in _EXTENDED:
        if isinstance(step, base):
            plain = base()
            vars(plain).update(vars(step))
            return plain
    return step
