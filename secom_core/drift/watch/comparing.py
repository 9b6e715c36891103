"""One window of scored units against what its bundle was made on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.drift.profile import ReferenceProfile, quantiles
from secom_core.drift.stability import psi, psi_by_sensor
from secom_core.drift.watch.significance import compare_values, q_values
from secom_core.drift.watch.window import Moves, RiskMove, Window
from secom_core.errors import EvidenceError, SensorCountError

WINDOW_UNITS = 200
"""Units of a window, unless somebody says otherwise."""

MIN_UNITS = 100
"""In fewer units, chance alone makes a PSI of .1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What a bundle's windows are compared with.

    Parameters
    ----------
    bundle : str
        Digest.
    profile : ReferenceProfile
        Of the units that it was fitted on.
    risk : ndarray of shape (n_reference,)
        Of units that it was not fitted on: a model is surer of those that it knows.
    """

    bundle: str
    profile: ReferenceProfile
    risk: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """Units as a bundle scored them, in order of arrival.

    Parameters
    ----------
    readings : ndarray of shape (n_units, n_sensors)
        NaN means "not measured".
    risk : ndarray of shape (n_units,)
    flagged : ndarray of shape (n_units,), bool
    scored_at : ndarray of shape (n_units,), datetime64
    """

    readings: np.ndarray
    risk: np.ndarray
    flagged: np.ndarray
    scored_at: np.ndarray

    def __len__(self) -> int:
        return len(self.readings)

    def window(self, window: slice) -> Scored:
        """Return the units of `window` as views."""
        return Scored(
            readings=self.readings[window],
            risk=self.risk[window],
            flagged=self.flagged[window],
            scored_at=self.scored_at[window],
        )


def cut_windows(n_units: int, *, size: int = WINDOW_UNITS) -> tuple[slice, ...]:
    """Cut units into full windows in order of arrival; what is left over waits for more."""
    return tuple(slice(end - size, end) for end in range(size, n_units + 1, size))


def compare(reference: Reference, current: Scored) -> Window:
    """Compare a window of units with what their bundle was made on.

    Parameters
    ----------
    reference : Reference
        Of the bundle that scored the units.
    current : Scored

    Raises
    ------
    EvidenceError
        If the window holds fewer than `MIN_UNITS`.
    SensorCountError
        If the units have other sensors than the reference.
    """
    sensors = compare_sensors(reference.profile, current.readings)
    return Window(
        bundle=reference.bundle,
        started_at=str(current.scored_at[0]),
        ended_at=str(current.scored_at[-1]),
        n_units=len(current),
        n_flagged=int(current.flagged.sum()),
        sensors=sensors,
        risk=_compare_risk(reference.risk, current.risk),
    )


def compare_sensors(profile: ReferenceProfile, readings: np.ndarray) -> Moves:
    """Compare the readings of a window with the reference, sensor by sensor.

    Parameters
    ----------
    profile : ReferenceProfile
    readings : ndarray of shape (n_units, n_sensors)
        NaN means "not measured".

    Raises
    ------
    EvidenceError, SensorCountError
        As `compare`.
    """
    n_units, n_sensors = readings.shape
    if n_units < MIN_UNITS:
        message = (
            f"a window of {n_units} units tells nothing: wait for at least {MIN_UNITS}, "
            "for in fewer chance alone looks like drift."
        )
        raise EvidenceError(message)
    if n_sensors != profile.median.size:
        raise SensorCountError(n_sensors, profile.median.size)
    ordered = np.sort(readings, axis=0)  # NaN sorts last
    return Moves(
        q_value=q_values(profile.sorted_readings, ordered),
        psi=psi_by_sensor(profile, ordered),
        quantile_shift=_quantile_shift(profile, ordered),
        missing_share=np.isnan(readings).mean(axis=0),
    )


def _compare_risk(reference: np.ndarray, current: np.ndarray) -> RiskMove:
    ours, theirs = (np.sort(risk)[:, np.newaxis] for risk in (reference, current))
    return RiskMove(
        p_value=float(compare_values(ours, theirs).p_value[0]), psi=psi(reference, current)
    )


def _quantile_shift(profile: ReferenceProfile, ordered: np.ndarray) -> np.ndarray:
    (median,) = quantiles(ordered, np.array([0.5]))
    return _rank(profile, median) - _rank(profile, profile.median)


def _rank(profile: ReferenceProfile, value: np.ndarray) -> np.ndarray:
    """Share of a sensor's reference readings below a value, half of those equal to it included."""
    readings = profile.sorted_readings
    n_measured = np.sum(~np.isnan(readings), axis=0)
    below, at_most = (readings < value).sum(axis=0), (readings <= value).sum(axis=0)
    known = (n_measured > 0) & ~np.isnan(value)
    return np.where(known, (below + at_most) / (2 * np.maximum(n_measured, 1)), np.nan)
