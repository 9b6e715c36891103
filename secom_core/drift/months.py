"""How far the sensors had moved in each calendar month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.drift.profile import ReferenceProfile, require_units
from secom_core.drift.stability import psi_by_sensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MonthlyDrift:
    """How far each sensor had moved in each month.

    Parameters
    ----------
    months : ndarray of shape (n_months,), datetime64[M]
    n_units : ndarray of shape (n_months,), int
    psi : ndarray of shape (n_months, n_sensors)
        Between the reference and the month.
    missing_share : ndarray of shape (n_months, n_sensors)
    """

    months: np.ndarray
    n_units: np.ndarray
    psi: np.ndarray
    missing_share: np.ndarray

    def share_beyond(self, limit: float) -> np.ndarray:
        """Sensors whose PSI is at least `limit` ÷ sensors, of shape (n_months,)."""
        return np.mean(self.psi >= limit, axis=1)


def drift_by_month(
    reference: ReferenceProfile, readings: np.ndarray, measured_at: np.ndarray
) -> MonthlyDrift:
    """Compare each calendar month with the reference.

    Parameters
    ----------
    reference : ReferenceProfile
    readings : ndarray of shape (n_units, n_sensors)
    measured_at : ndarray of shape (n_units,), datetime64
    """
    require_units(readings)
    months, in_month, n_units = np.unique(
        measured_at.astype("datetime64[M]"), return_inverse=True, return_counts=True
    )
    windows = [readings[in_month == index] for index in range(months.size)]
    return MonthlyDrift(
        months=months,
        n_units=n_units,
        psi=np.stack([psi_by_sensor(reference, window) for window in windows]),
        missing_share=np.stack([np.isnan(window).mean(axis=0) for window in windows]),
    )
