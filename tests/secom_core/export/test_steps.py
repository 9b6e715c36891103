"""Every step and every combination of steps, against scikit-learn and XGBoost."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from secom_core.calibration import Sigmoid
from secom_core.candidates import StableEffectSelector, Winsorizer
from secom_core.errors import ExportError
from secom_core.export import sensors_read, to_onnx
from tests.secom_core.export.forms import (
    Line,
    answers,
    fitted,
    forest,
    form,
    imputer,
    joined,
    logistic,
    scaled,
    xgboost,
)

PLAIN = Sigmoid(slope=1.0, intercept=0.0)
"""Makes log odds into the probability that scikit-learn gives."""


def network(**settings):
    """A network of two hidden layers, hardly trained."""
    return MLPClassifier((8, 5), tol=1.0, n_iter_no_change=1, random_state=0, **settings)


PREPARED = {
    "scaled": lambda: [imputer(), StandardScaler()],
    "limited": lambda: [imputer(), Winsorizer(2.0), StandardScaler()],
}
CHOSEN = {
    "all": list,
    "changing": lambda: [VarianceThreshold()],
    "strongest": lambda: [VarianceThreshold(), SelectKBest(k=6)],
    "stable": lambda: [StableEffectSelector(k=5)],
    "projected": lambda: [VarianceThreshold(), PCA(5)],
    "whitened": lambda: [PCA(12, whiten=True)],
}
WITH_LOG_ODDS = {
    "logistic": (logistic, 1e-14),
    "network": (network, 1e-14),
    "tanh-network": (lambda: network(activation="tanh"), 1e-14),
    # XGBoost gives probabilities in float32.
    "xgboost": (xgboost, 1e-7),
}
"""How to build one, and how far its risks may differ."""
FORESTS = {
    "of-pure-leaves": forest,
    "balanced": lambda: forest(class_weight="balanced", min_samples_leaf=5),
    "balanced-in-each-tree": lambda: forest(class_weight="balanced_subsample", max_depth=4),
}


@pytest.mark.parametrize("classifier", WITH_LOG_ODDS)
@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("prepared", PREPARED)
def test_log_odds_become_the_probability_of_the_pipeline(line, prepared, chosen, classifier):
    """Calibrated by a plain sigmoid, the risk is what `predict_proba` says."""
    build, tolerance = WITH_LOG_ODDS[classifier]
    pipeline = fitted(line, *PREPARED[prepared](), *CHOSEN[chosen](), build())

    risk = answers(form(pipeline, PLAIN), line.readings)

    np.testing.assert_allclose(
        risk, pipeline.predict_proba(line.readings)[:, 1], rtol=0, atol=tolerance
    )


@pytest.mark.parametrize("classifier", FORESTS)
@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("prepared", [*PREPARED, "raw"])
def test_forest_answers_with_the_mean_share_of_fails(line, prepared, chosen, classifier):
    """Calibration takes `predict_proba` of a forest, weights of classes included."""
    before = PREPARED[prepared]() if prepared in PREPARED else [imputer()]
    pipeline = fitted(line, *before, *CHOSEN[chosen](), FORESTS[classifier]())

    risk = answers(form(pipeline), line.readings)

    share = pipeline.predict_proba(line.readings)[:, 1]
    np.testing.assert_allclose(risk, 1 / (1 + np.exp(0.7 - 1.5 * share)), rtol=0, atol=1e-14)


@pytest.mark.parametrize("classifier", [logistic, network, forest])
def test_sensor_far_from_zero_costs_no_digits(classifier):
    """A spread of a millionth of the level is as exact as the readings are."""
    rng = np.random.default_rng(0)
    readings = rng.normal(size=(200, 3))
    far = Line(readings=1e6 + readings, is_fail=readings[:, 0] > 1)
    pipeline = fitted(far, *scaled(), classifier())

    risk = answers(form(pipeline, PLAIN), far.readings)

    raw = pipeline.predict_proba(far.readings)[:, 1]
    expected = PLAIN.risk(raw) if classifier is forest else raw
    np.testing.assert_allclose(risk, expected, rtol=0, atol=1e-8)


def test_component_without_variance_is_not_blown_up(line):
    """Whitening divides by no less than the smallest step of a float64, as in scikit-learn."""
    steady = Line(readings=line.readings[:, [1, 5, 6, 7]], is_fail=line.is_fail)
    pipeline = fitted(steady, *scaled(), PCA(4, whiten=True), logistic())
    assert pipeline[-2].explained_variance_[-1] < 1e-30

    risk = answers(form(pipeline, PLAIN), steady.readings)

    expected = pipeline.predict_proba(steady.readings)[:, 1]
    np.testing.assert_allclose(risk, expected, rtol=0, atol=1e-14)


def test_all_missing_sensor_reads_as_zero_once_it_speaks(line):
    """A sensor without a median is imputed by 0 and carries no weight when it is measured."""
    pipeline = fitted(line, *scaled(), logistic())
    speaking = line.readings.copy()
    speaking[:, 0] = 5.0

    assert 0 not in sensors_read(pipeline)
    assert np.array_equal(answers(form(pipeline), speaking), answers(form(pipeline), line.readings))


UNSUPPORTED = {
    "an unknown step": (lambda: [imputer(), MinMaxScaler(), logistic()], "MinMaxScaler"),
    "a step left out": (lambda: [imputer(), "passthrough", forest()], "passthrough"),
    "an unknown classifier": (lambda: [imputer(), GaussianNB()], "GaussianNB"),
    "a relative of the forest": (lambda: [imputer(), ExtraTreesClassifier(3)], "ExtraTrees"),
    "no classifier": (lambda: [imputer(), StandardScaler()], "last step must be a classifier"),
    "flags of what is missing": (lambda: [imputer(add_indicator=True), forest()], "add_indicator"),
    "another sign of missing": (
        lambda: [imputer(), imputer(missing_values=7.0), forest()],
        "missing_values",
    ),
    "dropped sensors": (lambda: [imputer(keep_empty_features=False), forest()], "keep_empty"),
    "no centre": (lambda: [imputer(), StandardScaler(with_mean=False), forest()], "with_mean"),
    "no spread": (lambda: [imputer(), StandardScaler(with_std=False), forest()], "with_std"),
    "a logistic network": (lambda: [*scaled(), network(activation="logistic")], "activation"),
    "no trees": (lambda: [imputer(), xgboost(booster="gblinear", max_depth=None)], "gblinear"),
    "dropped trees": (lambda: [imputer(), xgboost(booster="dart")], "dart"),
    "another objective": (lambda: [imputer(), xgboost(objective="binary:hinge")], "binary:hinge"),
    "XGBoost's own sign of missing": (lambda: [imputer(), xgboost(missing=-1.0)], "missing must"),
}


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_has_no_onnx_form_is_refused_by_name(line, case):
    """The message says which step or setting it is, and what is supported instead."""
    steps, named = UNSUPPORTED[case]
    pipeline = fitted(line, *steps())

    with pytest.raises(ExportError, match=named):
        form(pipeline)


def test_unknown_step_is_told_what_is_supported(line):
    """The list is that of the functions that exist."""
    pipeline = fitted(line, imputer(), MinMaxScaler(), logistic())

    with pytest.raises(ExportError, match=r"LogisticRegression.*PCA.*SimpleImputer.*Winsorizer"):
        form(pipeline)


@pytest.mark.parametrize("classifier", [logistic, network, forest])
@pytest.mark.parametrize("names", [("pass", "fail"), ("a", "b", "c")])
def test_classes_other_than_pass_and_fail_are_refused(line, classifier, names):
    """Only False and True say which column is the fails'."""
    grades = Line(readings=line.readings, is_fail=np.resize(names, len(line.readings)))

    with pytest.raises(ExportError, match=r"must be \[False, True\]"):
        form(fitted(grades, *scaled(), classifier()))


def test_splits_on_categories_are_refused():
    """Readings are numbers; XGBoost's sets of categories have no place here."""
    tools = np.arange(60) % 3
    table = pd.DataFrame({"tool": pd.Categorical(tools)})
    model = xgboost(enable_categorical=True).fit(table, tools == 1)

    with pytest.raises(ExportError, match="categories"):
        form(joined(model))


def test_number_of_sensors_has_to_fit(line):
    """A name too few is refused before anything is written."""
    pipeline = fitted(line, imputer(), forest())

    with pytest.raises(ExportError, match=r"fitted on 24 sensors, got 23 names"):
        to_onnx(pipeline, PLAIN, tuple(f"s{i}" for i in range(23)))
