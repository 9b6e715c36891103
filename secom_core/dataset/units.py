"""Units in time order, and their Parquet form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from secom_core.contract import SENSORS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Units of the line in time order.

    Parameters
    ----------
    readings : ndarray of shape (n_units, n_sensors), float64
        NaN means "not measured".
    is_fail : ndarray of shape (n_units,), bool
        UCI's +1 is True, -1 is False.
    measured_at : ndarray of shape (n_units,), datetime64[s]
        Local time of the line; never descends.
    source : str
        Where the units came from, for people to read.
    is_synthetic : bool
        True for the twin; nothing made from it may replace what was made from real units.
    sensors : tuple of str
        Names of the columns of `readings`.
    """

    readings: np.ndarray
    is_fail: np.ndarray
    measured_at: np.ndarray
    source: str
    is_synthetic: bool
    sensors: tuple[str, ...] = SENSORS

    def __len__(self) -> int:
        return len(self.readings)

    def window(self, window: slice) -> Units:
        """Return the units of `window` as views."""
        return Units(
            readings=self.readings[window],
            is_fail=self.is_fail[window],
            measured_at=self.measured_at[window],
            source=self.source,
            is_synthetic=self.is_synthetic,
            sensors=self.sensors,
        )

    def earliest(self, share: float) -> Units:
        """Return a share of all units, in (0, 1], from the first on, as views."""
        return self.window(slice(0, round(share * len(self))))

    @property
    def digest(self) -> str:
        """sha256 of the content, whatever the source or file it came from: 64 hex digits."""
        content = hashlib.sha256()
        content.update("\n".join(self.sensors).encode())
        # Adding 0 makes -0 and 0 alike; one NaN pattern stands for all of them.
        readings = np.where(np.isnan(self.readings), np.nan, self.readings + 0.0)
        content.update(np.ascontiguousarray(readings, dtype="<f8").tobytes())
        content.update(np.ascontiguousarray(self.is_fail, dtype="u1").tobytes())
        content.update(self.measured_at.astype("datetime64[s]").astype("<i8").tobytes())
        content.update(b"synthetic" if self.is_synthetic else b"real")
        return content.hexdigest()
