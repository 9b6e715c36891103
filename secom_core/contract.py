"""What readings must look like: one finite number or NaN per sensor, in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.errors import InfiniteReadingError, ReadingTypeError, SensorCountError

N_SENSORS = 590
SENSORS: tuple[str, ...] = tuple(f"sensor_{index:03d}" for index in range(N_SENSORS))
"""Names of UCI's columns, counted from 0 as everybody who publishes on SECOM counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The sensors of a unit, in the order in which readings arrive.

    Parameters
    ----------
    sensors : tuple of str
        Names, one per column of `readings`.
    """

    sensors: tuple[str, ...] = SENSORS

    @property
    def n_sensors(self) -> int:
        """How many readings a unit carries."""
        return len(self.sensors)

    def check(self, readings: np.ndarray) -> np.ndarray:
        """Return `readings` as float64, or say why they cannot be judged.

        Parameters
        ----------
        readings : ndarray of shape (n_units, n_sensors)
            Real numbers in each sensor's own unit; NaN means "not measured".

        Returns
        -------
        ndarray of shape (n_units, n_sensors), float64, C order
            The argument itself if it already is that.

        Raises
        ------
        ReadingTypeError
            If the array is not two-dimensional or not of real numbers.
        SensorCountError
            If a unit does not carry `n_sensors` readings.
        InfiniteReadingError
            If a reading is infinite.
        """
        if readings.ndim != 2:
            shape = "×".join(map(str, readings.shape)) or "a single number"
            message = (
                f"expected a table of units by {self.n_sensors} sensors, "
                f"got {readings.ndim} dimension(s) ({shape})."
            )
            raise ReadingTypeError(message)
        if readings.dtype.kind not in "fiu":
            message = f"expected real numbers, got {readings.dtype}. Send FP64, FP32 or integers."
            raise ReadingTypeError(message)
        if readings.shape[1] != self.n_sensors:
            raise SensorCountError(readings.shape[1], self.n_sensors)
        checked = readings
        if readings.dtype != np.float64 or not readings.flags.c_contiguous:
            # A number too large for float64 becomes infinite, and is refused as such below.
            with np.errstate(over="ignore"):
                checked = np.ascontiguousarray(readings, dtype=np.float64)
        infinite = np.isinf(checked)
        if np.count_nonzero(infinite):  # at a third of the time that `any` takes
            unit, column = (int(index) for index in np.argwhere(infinite)[0])
            raise InfiniteReadingError(
                unit=unit, sensor=self.sensors[column], value=float(checked[unit, column])
            )
        return checked

    def covers(self, other: Contract) -> bool:
        """Whether everyone who can talk to `other` can talk to this one: the same or wider."""
        return self.sensors[: other.n_sensors] == other.sensors
