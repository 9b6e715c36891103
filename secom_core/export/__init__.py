"""A fitted pipeline and its calibration as one ONNX graph in float64.

The graph is written by hand, node by node: converters round the thresholds of trees to float32,
which sends units beside a threshold the other way.
"""

from __future__ import annotations

import numpy as np
from sklearn.pipeline import Pipeline

from secom_core.calibration import Sigmoid
from secom_core.errors import ExportError
from secom_core.export.check import require_same_answers
from secom_core.export.graph import READINGS, RISK, Graph
from secom_core.export.operations import Dense
from secom_core.export.simplify import columns_read, fold, prune, widen
from secom_core.export.steps import operations_of

__all__ = ["require_same_answers", "sensors_read", "to_onnx"]


def to_onnx(pipeline: Pipeline, sigmoid: Sigmoid, sensors: tuple[str, ...]) -> bytes:
    """Return the ONNX form of a fitted pipeline: raw readings in, calibrated risk out.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted on `is_fail`; its last step is a classifier.
    sigmoid : Sigmoid
        From the classifier's raw score to the risk.
    sensors : tuple of str
        Names of the columns of readings.

    Returns
    -------
    bytes
        A ModelProto with input `readings` (n_units, n_sensors) and output `risk` (n_units,), both
        float64. The same pipeline gives the same bytes.

    Raises
    ------
    ExportError
        If the pipeline has a step without ONNX form, or was fitted on another number of sensors.
    """
    calibration = Dense(weights=np.array([[sigmoid.slope]]), bias=np.array([sigmoid.intercept]))
    operations = [*operations_of(pipeline), calibration]
    if pipeline.n_features_in_ != len(sensors):
        message = (
            f"the pipeline was fitted on {pipeline.n_features_in_} sensors, "
            f"got {len(sensors)} names; give one for each, in the order of the columns."
        )
        raise ExportError(message)
    graph = Graph()
    table = READINGS
    for operation in widen(fold(prune(operations, len(sensors))), len(sensors)):
        table = operation.emit(graph, table)
    graph.node("Squeeze", graph.node("Sigmoid", table), graph.constant(np.array([1])), output=RISK)
    read = ",".join(sensors[column] for column in sensors_read(pipeline))
    return graph.to_bytes(n_sensors=len(sensors), properties={"sensors_read": read})


def sensors_read(pipeline: Pipeline) -> np.ndarray:
    """Return the columns, ascending, whose value can change the answer of a fitted pipeline.

    Those that pass the selection, carry a weight other than 0 or are split on: any other may be
    missing or wrong without effect.

    Raises
    ------
    ExportError
        If the pipeline has a step without ONNX form.
    """
    return columns_read(operations_of(pipeline))
