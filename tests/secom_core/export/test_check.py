"""A form that answers differently never becomes a bundle."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from secom_core.calibration import Sigmoid
from secom_core.errors import ExportError
from secom_core.export import require_same_answers, to_onnx
from tests.secom_core.export.forms import (
    SIGMOID,
    answers,
    fitted,
    forest,
    form,
    imputer,
    logistic,
    scaled,
)


@pytest.fixture(scope="module")
def pipeline(line):
    """A small forest."""
    return fitted(line, imputer(), forest())


def test_difference_of_a_true_form_is_returned(line, pipeline):
    """It is what rounding leaves."""
    same = require_same_answers(form(pipeline), pipeline, SIGMOID, line.readings, threshold=0.5)

    assert 0 <= same < 1e-15


def test_moved_split_is_found(line, pipeline):
    """One split of the forest rounded up sends one unit the other way."""
    tree = pipeline[-1].estimators_[0].tree_
    root, split = tree.feature[0], tree.threshold[0]
    unit = line.readings[:1].copy()
    unit[0, root] = split
    model = onnx.load_from_string(form(pipeline))
    (node,) = (each for each in model.graph.node if each.op_type == "TreeEnsemble")
    (splits,) = (each for each in node.attribute if each.name == "nodes_splits")
    moved = numpy_helper.to_array(splits.t).copy()
    moved[0] = np.nextafter(np.float32(split), np.float32(-np.inf))
    splits.t.CopyFrom(numpy_helper.from_array(moved))
    readings = np.concatenate([line.readings[1:3], unit])

    with pytest.raises(ExportError, match=r"on 1 of 3 units: unit 2 .* at most 1e-06"):
        require_same_answers(model.SerializeToString(), pipeline, SIGMOID, readings, threshold=0.5)


def test_flipped_decision_is_found_within_tolerance(line, pipeline):
    """A threshold between the two risks of a unit is refused however near they are."""
    shifted = Sigmoid(slope=SIGMOID.slope, intercept=SIGMOID.intercept + 1e-9)
    model = to_onnx(pipeline, shifted, tuple(f"s{i}" for i in range(24)))
    readings = line.readings[:1]
    risk = float(answers(form(pipeline), readings)[0])
    between = risk + 1e-10

    require_same_answers(model, pipeline, SIGMOID, readings, threshold=0.9)
    with pytest.raises(ExportError, match=f"on 1 of 1 units.*threshold of {between} lies between"):
        require_same_answers(model, pipeline, SIGMOID, readings, threshold=between)


def test_missing_answer_is_a_difference(line):
    """NaN is not near anything."""
    pipeline = fitted(line, *scaled(), logistic())
    model = onnx.load_from_string(form(pipeline))
    weights = max(model.graph.initializer, key=lambda each: len(each.dims))
    broken = np.full(weights.dims, np.nan)
    weights.CopyFrom(numpy_helper.from_array(broken, weights.name))

    with pytest.raises(ExportError, match=r"has a risk of .* and of nan in ONNX Runtime"):
        require_same_answers(
            model.SerializeToString(), pipeline, SIGMOID, line.readings, threshold=0.5
        )


def test_tolerance_is_the_callers(line, pipeline):
    """What passes at one tolerance is refused at a smaller one."""
    shifted = Sigmoid(slope=SIGMOID.slope, intercept=SIGMOID.intercept + 1e-4)
    model = to_onnx(pipeline, shifted, tuple(f"s{i}" for i in range(24)))
    check = (model, pipeline, SIGMOID, line.readings)

    assert 1e-6 < require_same_answers(*check, threshold=0.99, tolerance=1e-3) < 1e-4
    with pytest.raises(ExportError, match="on 300 of 300 units"):
        require_same_answers(*check, threshold=0.99)
