"""How ONNX Runtime is opened, in one place: training, gate and server compute alike."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from secom_core.errors import BundleError

# They share no base but Exception.
_ORT_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


def open_session(model: bytes) -> ort.InferenceSession:
    """Return a session on one thread.

    A unit takes microseconds: threads would cost more than they bring, and one thread adds up in
    one order, which keeps answers the same to the last bit.

    Raises
    ------
    BundleError
        If ONNX Runtime refuses the model.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])
    except _ORT_ERRORS as exc:
        message = (
            f"ONNX Runtime {ort.__version__} refuses the model: {exc}. "
            "Fetch the bundle again from the object store, or train a new one."
        )
        raise BundleError(message) from exc


def risk_of(session: ort.InferenceSession, readings: np.ndarray) -> np.ndarray:
    """Score checked readings of shape (n_units, n_sensors): risks of shape (n_units,), float64."""
    (risk,) = session.run(["risk"], {"readings": readings})
    return np.asarray(risk)
