"""What one window of units showed, and its form as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from secom_core.errors import WindowError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """How every sensor has moved from the reference to a window.

    Parameters
    ----------
    q_value : ndarray of shape (n_sensors,)
        Smallest false discovery rate at which the sensor counts as different.
    psi : ndarray of shape (n_sensors,)
        Nats.
    quantile_shift : ndarray of shape (n_sensors,)
        Where the window's median lies among the reference's readings, less where the reference's
        own lies: .19 for half a standard deviation. NaN if the sensor was never measured in one.
    missing_share : ndarray of shape (n_sensors,)
        Units of the window in which the sensor was not measured ÷ units.
    """

    q_value: np.ndarray
    psi: np.ndarray
    quantile_shift: np.ndarray
    missing_share: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskMove:
    """How the risks have moved from the reference to a window."""

    p_value: float
    psi: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """What one window of scored units showed against a bundle's reference.

    Parameters
    ----------
    bundle : str
        Digest.
    started_at, ended_at : str
        ISO times of the first and the last unit's scoring.
    n_units, n_flagged : int
    sensors : Moves
    risk : RiskMove
    """

    bundle: str
    started_at: str
    ended_at: str
    n_units: int
    n_flagged: int
    sensors: Moves
    risk: RiskMove

    def to_json(self) -> dict[str, Any]:
        """Return the window as JSON has it; what is unknown is null."""
        fields = dataclasses.asdict(self)
        fields["sensors"] = {
            name: [None if np.isnan(value) else value for value in values.tolist()]
            for name, values in fields["sensors"].items()
        }
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Window:
        """Read what `to_json` wrote.

        Raises
        ------
        WindowError
            If fields are missing, unknown or of another form.
        """
        try:
            arrays = {
                name: np.array(values, dtype=np.float64)
                for name, values in fields["sensors"].items()
            }
            sensors, risk = Moves(**arrays), RiskMove(**fields["risk"])
            read = cls(**{**fields, "sensors": sensors, "risk": risk})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = (
                f"a recorded window cannot be read ({type(error).__name__}: {error}). Delete it: "
                "the windows after it are judged without it."
            )
            raise WindowError(message) from error
        shapes = {values.shape for values in arrays.values()}
        if shapes != {(sensors.psi.size,)}:
            message = (
                f"a recorded window has {sorted(shapes)} sensors, not one number of them. Delete "
                "it: the windows after it are judged without it."
            )
            raise WindowError(message)
        return read
