"""What drift is judged against beside the sensors' reference: usual drift, unseen units' risks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriftBasis:
    """What a monitor needs to know of the months that a bundle has seen.

    Parameters
    ----------
    baseline : float, optional
        Share of the sensors read that drifted inside the fit window; None if that was too short to
        tell: see `secom_core.drift.watch.fit_baseline`.
    calibration_risk : ndarray of shape (n_calibration,), float64
        The bundle's own risks of the calibration window's units, which it was not fitted on.
    """

    baseline: float | None
    calibration_risk: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"baseline": self.baseline, "calibration_risk": self.calibration_risk.tolist()}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> DriftBasis:
        """Read what `to_json` wrote."""
        baseline, risk = fields["baseline"], fields["calibration_risk"]
        return cls(
            baseline=None if baseline is None else float(baseline),
            calibration_risk=np.array(risk, dtype=np.float64),
        )
