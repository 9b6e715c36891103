"""Units in time order, and their Parquet form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from secom_core.contract import SENSORS
from secom_core.errors import DataError


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
    weight : ndarray of shape (n_units,), float64, optional
        How many units of the line each stands for: 1 / the probability with which its outcome was
        looked for. Only ratios matter. Without it, every unit stands for itself.

    Raises
    ------
    DataError
        If there is not one weight a unit, finite and above 0.
    """

    readings: np.ndarray
    is_fail: np.ndarray
    measured_at: np.ndarray
    source: str
    is_synthetic: bool
    sensors: tuple[str, ...] = SENSORS
    weight: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.weight is not None:
            _require_weight(self.weight, n_units=len(self.readings))

    def __len__(self) -> int:
        return len(self.readings)

    def window(self, window: slice) -> Units:
        """Return the units of `window` as views."""
        return self._at(window)

    def take(self, chosen: np.ndarray) -> Units:
        """Return copies of the units that a mask or ascending positions choose."""
        return self._at(chosen)

    @property
    def weights(self) -> np.ndarray:
        """The weight of each unit: 1 where there are none."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def stand_ins(self) -> np.ndarray:
        """Positions of as many units as there are, in time order, that together need no weight.

        Each comes as often as its weight says, rounded up or down: once if all weigh alike. For
        what takes units as they are, such as quantiles of the readings.
        """
        reached = np.cumsum(self.weights)
        marks = (np.arange(len(self)) + 0.5) / len(self)
        return np.searchsorted(reached / reached[-1], marks)

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
        if self.weight is not None:
            content.update(np.ascontiguousarray(self.weight, dtype="<f8").tobytes())
        return content.hexdigest()

    def _at(self, chosen: slice | np.ndarray) -> Units:
        return replace(
            self,
            readings=self.readings[chosen],
            is_fail=self.is_fail[chosen],
            measured_at=self.measured_at[chosen],
            weight=None if self.weight is None else self.weight[chosen],
        )


def _require_weight(weight: np.ndarray, *, n_units: int) -> None:
    if weight.shape != (n_units,):
        message = f"expected a weight for each of the {n_units} units, got {weight.shape}."
        raise DataError(message)
    is_good = np.isfinite(weight) & (weight > 0)
    if not is_good.all():
        unit = int(np.argmin(is_good))
        message = (
            f"a unit's weight must be finite and above 0, got {weight[unit]} for unit {unit} "
            "(counted from 0). It is 1 / the probability with which its outcome was looked for."
        )
        raise DataError(message)
