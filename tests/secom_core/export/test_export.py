"""The graph as a whole: what it reads, what it weighs, and that it is always the same."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.neural_network import MLPClassifier

from secom_core.candidates import raw_score
from secom_core.export import sensors_read
from tests.secom_core.export.forms import (
    SIGMOID,
    Line,
    answers,
    fitted,
    forest,
    form,
    imputer,
    logistic,
    scaled,
    small_line,
    xgboost,
)
from tests.test_no_pickle import is_pickle

IMPUTED_LIMITED_CENTRED = ("IsNaN", "Where", "Max", "Min", "Sub")
WEIGHED_AND_CALIBRATED = ("Gemm", "Sigmoid", "Squeeze")
ROOT = Path(__file__).resolve().parents[3]


def network():
    """A network, hardly trained."""
    return MLPClassifier((6,), tol=1.0, n_iter_no_change=1, random_state=0)


PIPELINES = {
    "few-sensors": lambda: [*scaled(), VarianceThreshold(), SelectKBest(k=5), logistic()],
    "most-sensors": lambda: [*scaled(), VarianceThreshold(), logistic()],
    "network": lambda: [*scaled(), VarianceThreshold(), SelectKBest(k=12), network()],
    "projected": lambda: [*scaled(), VarianceThreshold(), PCA(4), logistic()],
    "forest": lambda: [imputer(), VarianceThreshold(), SelectKBest(k=6), forest()],
    "large-forest": lambda: [imputer(), forest()],
    "projected-forest": lambda: [*scaled(), PCA(4), forest()],
    "xgboost": lambda: [imputer(), VarianceThreshold(), SelectKBest(k=6), xgboost()],
    "large-xgboost": lambda: [imputer(), xgboost()],
}


@pytest.fixture(scope="module", params=PIPELINES)
def pipeline(line, request):
    """Every kind of pipeline, on few sensors and on most."""
    return fitted(line, *PIPELINES[request.param]())


@pytest.fixture(scope="module")
def model(pipeline):
    """The form of that pipeline."""
    return form(pipeline)


def operators(model):
    """Operators of a form's nodes, in order."""
    return [node.op_type for node in onnx.load_from_string(model).graph.node]


readings_anywhere = st.one_of(st.just(np.nan), st.floats(-1e300, 1e300))


@settings(deadline=None, max_examples=30)
@given(noise=st.lists(readings_anywhere, min_size=24, max_size=24), unit=st.integers(0, 299))
def test_unread_sensor_never_changes_the_answer(line, pipeline, model, noise, unit):
    """Missing, wrong or beyond measure: what is not read may say what it likes."""
    before = line.readings[unit : unit + 1]
    is_read = np.isin(np.arange(24), sensors_read(pipeline))
    after = np.where(is_read, before, noise)

    first, second = answers(model, np.concatenate([before, after]))

    assert first == pytest.approx(second, abs=1e-15)


def test_pipeline_itself_does_not_read_what_its_form_does_not(line, pipeline):
    """Shuffling the unread sensors over the units leaves every raw score where it was."""
    is_read = np.isin(np.arange(24), sensors_read(pipeline))
    shuffled = np.random.default_rng(0).permutation(line.readings)
    readings = np.where(is_read, line.readings, shuffled)

    np.testing.assert_allclose(
        raw_score(pipeline, readings), raw_score(pipeline, line.readings), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("kind", ["few-sensors", "network", "projected", "forest", "xgboost"])
def test_every_sensor_read_can_change_the_answer(line, kind):
    """None is called read for nothing."""
    pipeline = fitted(line, *PIPELINES[kind]())
    before = answers(form(pipeline), line.readings)

    for sensor in sensors_read(pipeline):
        readings = line.readings.copy()
        readings[:, sensor] = np.random.default_rng(0).permutation(readings[:, sensor])
        assert (answers(form(pipeline), readings) != before).any(), sensor


def test_sensors_read_are_those_that_were_selected(line):
    """Columns are counted among all sensors, in ascending order."""
    pipeline = fitted(line, *scaled(), VarianceThreshold(), SelectKBest(k=3), logistic())

    read = sensors_read(pipeline)

    changing, strongest = pipeline[-3].get_support(), pipeline[-2].get_support()
    assert np.array_equal(read, np.arange(24)[changing][strongest])
    assert {5, 6, 7} == set(read)


def test_weight_of_zero_is_not_read(line):
    """A sensor that regularisation has dropped needs no measuring."""
    sparse = logistic(l1_ratio=1.0, solver="liblinear", C=0.05)
    pipeline = fitted(line, *scaled(), sparse)

    read = sensors_read(pipeline)

    assert np.array_equal(read, np.flatnonzero(pipeline[-1].coef_[0]))
    assert 0 < read.size < 10


def test_few_sensors_are_gathered_before_anything_else(line):
    """Only what is read is imputed; scaling, weights and calibration are one node."""
    model = form(fitted(line, *PIPELINES["few-sensors"]()))

    assert operators(model) == ["Gather", *IMPUTED_LIMITED_CENTRED, *WEIGHED_AND_CALIBRATED]
    constants = {each.name: each.dims for each in onnx.load_from_string(model).graph.initializer}
    assert constants["constant_0"] == [5]


def test_most_sensors_are_carried_rather_than_gathered(line):
    """Gathering most of them would take longer than imputing all."""
    model = form(fitted(line, *PIPELINES["most-sensors"]()))

    assert operators(model) == [*IMPUTED_LIMITED_CENTRED, *WEIGHED_AND_CALIBRATED]


def test_unread_sensor_may_be_missing_without_an_imputer():
    """What nothing fills is not carried along: NaN times a weight of 0 would be NaN."""
    readings = np.random.default_rng(0).normal(size=(100, 3))
    readings[:, 0] = np.where(readings[:, 1] > 0, 7.0, np.nan)
    steady = Line(readings=readings, is_fail=readings[:, 2] > 0)
    pipeline = fitted(steady, VarianceThreshold(), logistic())

    risk = answers(form(pipeline), readings)

    np.testing.assert_allclose(risk, SIGMOID.risk(raw_score(pipeline, readings)), atol=1e-14)


def test_projection_and_regression_become_one_layer(line):
    """Components are needed by name only where something but a sum follows them."""
    assert operators(form(fitted(line, *PIPELINES["projected"]()))).count("Gemm") == 1
    # Projection, then trees, then calibration.
    assert operators(form(fitted(line, *PIPELINES["projected-forest"]()))).count("Gemm") == 2


def test_narrow_projection_before_a_wide_network_stays_narrow(line):
    """Two small layers are less work than one large one."""
    wide = MLPClassifier((100,), tol=1.0, n_iter_no_change=1, random_state=0)
    pipeline = fitted(line, *scaled(), PCA(2), wide)

    assert operators(form(pipeline)).count("Gemm") == 3


def test_form_is_what_the_contract_of_bundles_says(pipeline):
    """One valid float64 graph in pinned versions that needs no file beside it."""
    model = onnx.load_from_string(form(pipeline))

    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 10
    assert {each.domain: each.version for each in model.opset_import} == {"": 21, "ai.onnx.ml": 5}
    (readings,), (risk,) = model.graph.input, model.graph.output
    assert (readings.name, shape_of(readings)) == ("readings", ["n_units", 24])
    assert (risk.name, shape_of(risk)) == ("risk", ["n_units"])
    double = onnx.TensorProto.DOUBLE
    assert {readings.type.tensor_type.elem_type, risk.type.tensor_type.elem_type} == {double}
    assert not any(each.external_data for each in model.graph.initializer)
    (read,) = (each.value for each in model.metadata_props if each.key == "sensors_read")
    assert read == ",".join(f"s{sensor}" for sensor in sensors_read(pipeline))


def shape_of(value):
    """Names and sizes of a value's axes."""
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def test_unit_gets_its_risk_alone_or_in_company(line, pipeline):
    """The size of a batch shows in the last bit at most; a batch of none is answered by none."""
    model = form(pipeline)
    together = answers(model, line.readings)

    alone = [answers(model, line.readings[unit : unit + 1]) for unit in range(20)]

    np.testing.assert_allclose(np.concatenate(alone), together[:20], rtol=0, atol=5e-16)
    assert answers(model, line.readings[:0]).shape == (0,)


def test_same_pipeline_gives_the_same_bytes(line):
    """Fitted again and written again, nothing differs."""
    for steps in PIPELINES.values():
        assert form(fitted(line, *steps())) == form(fitted(line, *steps()))


def digest_of_forms():
    """One digest of every kind of form, fitted anew."""
    line = small_line()
    forms = b"".join(form(fitted(line, *steps())) for steps in PIPELINES.values())
    return hashlib.sha256(forms).hexdigest()


def test_another_process_gives_the_same_bytes():
    """Neither the hash seed nor what ran before shows in a form."""
    code = f"from {digest_of_forms.__module__} import digest_of_forms as d; print(d())"
    environ = {**os.environ, "PYTHONHASHSEED": "1234"}

    there = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT, env=environ)

    assert there.strip() == digest_of_forms()


def test_no_form_is_a_pickle(pipeline):
    """Reading one can run no code: it is tensors and names of operators that ONNX defines."""
    model = onnx.load_from_string(form(pipeline))

    assert not model.functions
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx.ml"}
    assert not is_pickle(form(pipeline))
