"""Hold the ONNX form to the answers of the pipeline that it was made from."""

from __future__ import annotations

import numpy as np
from sklearn.pipeline import Pipeline

from secom_core.bundle import open_session, risk_of
from secom_core.calibration import Sigmoid
from secom_core.candidates import raw_score
from secom_core.errors import ExportError


def require_same_answers(
    model: bytes,
    pipeline: Pipeline,
    sigmoid: Sigmoid,
    readings: np.ndarray,
    *,
    threshold: float,
    tolerance: float = 1e-6,
) -> float:
    """Return by how much the ONNX form's risks differ, at most; refuse a form that differs more.

    Parameters
    ----------
    model : bytes
        As `to_onnx` returns it.
    pipeline, sigmoid
        What it was made from.
    readings : ndarray of shape (n_units, n_sensors), float64
        Units to compare on, at least one; the more the better.
    threshold : float
        Risk at which a unit is flagged.
    tolerance : float, default=1e-6
        In risk.

    Raises
    ------
    ExportError
        If a risk differs by more than `tolerance`, or a decision differs at all.
    """
    expected = sigmoid.risk(raw_score(pipeline, readings))
    got = risk_of(open_session(model), np.ascontiguousarray(readings, dtype=np.float64))
    difference = np.abs(got - expected)
    # Written so that a NaN counts as different.
    if not (difference <= tolerance).all():
        _refuse(
            ~(difference <= tolerance), expected, got, f"at most {tolerance:.0e} may lie between"
        )
    is_flipped = (got >= threshold) != (expected >= threshold)
    if is_flipped.any():
        _refuse(is_flipped, expected, got, f"the threshold of {threshold!r} lies between")
    return float(difference.max())


def _refuse(is_wrong: np.ndarray, expected: np.ndarray, got: np.ndarray, rule: str) -> None:
    unit = int(np.argmax(is_wrong))
    message = (
        f"the ONNX form answers differently on {np.count_nonzero(is_wrong)} of {is_wrong.size} "
        f"units: unit {unit} (counted from 0) has a risk of {float(expected[unit])!r} in "
        f"scikit-learn and of {float(got[unit])!r} in ONNX Runtime; {rule}. No bundle may be made "
        "of it: this is a defect of the export or of ONNX Runtime. Install the locked requirements."
    )
    raise ExportError(message)
