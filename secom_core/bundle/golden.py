"""Golden requests: real readings with the answers they must get wherever the bundle runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE = 1e-9
"""Largest difference in risk that another processor's rounding may make."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Golden:
    """Readings with expected answers.

    Parameters
    ----------
    readings : ndarray of shape (n_units, n_sensors), float64
        NaN means "not measured".
    risk : ndarray of shape (n_units,), float64
        Expected risks.
    flagged : ndarray of shape (n_units,), bool
        Expected decisions.
    """

    readings: np.ndarray
    risk: np.ndarray
    flagged: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Plain values; null stands for "not measured"."""
        return {
            "readings": [
                [None if np.isnan(reading) else float(reading) for reading in unit]
                for unit in self.readings
            ],
            "risk": [float(risk) for risk in self.risk],
            "flagged": [bool(flagged) for flagged in self.flagged],
        }

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> Golden:
        """Build golden requests from what `to_json` gave."""
        return cls(
            readings=np.array(text["readings"], dtype=np.float64),  # None becomes NaN
            risk=np.array(text["risk"], dtype=np.float64),
            flagged=np.array(text["flagged"], dtype=bool),
        )
