"""Fitted pipelines, and their answers in ONNX Runtime."""

from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from secom_core.calibration import Sigmoid
from secom_core.candidates import Winsorizer
from secom_core.export import to_onnx

SIGMOID = Sigmoid(slope=1.5, intercept=-0.7)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Units of a line of any number of sensors."""

    readings: np.ndarray
    is_fail: np.ndarray


def small_line():
    """300 units of 24 sensors: one silent, two constant, one a copy, all on scales of their own."""
    rng = np.random.default_rng(0)
    readings = rng.normal(size=(300, 24))
    is_fail = readings[:, 5] + readings[:, 6] - readings[:, 7] + rng.normal(size=300) > 1.5
    readings = readings * 10.0 ** rng.uniform(-3, 3, 24) + 10.0 ** rng.uniform(-2, 4, 24)
    readings[:, 2:][rng.random((300, 22)) < 0.1] = np.nan
    readings[:, 0], readings[:, 1], readings[:, 4] = np.nan, 7, readings[:, 3]
    readings[:, 2] = np.where(np.isnan(readings[:, 2]), np.nan, 0.1)
    readings.flags.writeable = False
    return Line(readings=readings, is_fail=is_fail)


def imputer(**settings):
    """The imputer that every family starts with."""
    return SimpleImputer(**{"strategy": "median", "keep_empty_features": True, **settings})


def scaled():
    """The steps that linear models want before them."""
    return [imputer(), Winsorizer(), StandardScaler()]


def logistic(**settings):
    """A logistic regression that has the time to converge."""
    return LogisticRegression(**{"max_iter": 1000, **settings})


def forest(**settings):
    """A small forest."""
    return RandomForestClassifier(**{"n_estimators": 15, "random_state": 0, **settings})


def xgboost(**settings):
    """A short run of boosting."""
    return XGBClassifier(**{"n_estimators": 20, "max_depth": 3, "n_jobs": 1, **settings})


def fitted(line, *steps):
    """A pipeline of `steps` fitted on a line."""
    return make_pipeline(*steps).fit(line.readings, line.is_fail)


def joined(*steps):
    """A pipeline of steps that are fitted already."""
    return Pipeline([(str(place), step) for place, step in enumerate(steps)])


def form(pipeline, sigmoid=SIGMOID):
    """The ONNX form of a pipeline."""
    return to_onnx(pipeline, sigmoid, tuple(f"s{i}" for i in range(pipeline.n_features_in_)))


def session(model):
    """ONNX Runtime with one thread, as serving has it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def answers(model, readings):
    """Risks that ONNX Runtime computes."""
    (risk,) = session(model).run(["risk"], {"readings": readings})
    return risk
