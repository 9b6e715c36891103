"""What an engineer should know about the readings before believing anything made from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from secom_core.dataset.units import Units
from secom_core.errors import EmptyWindowError

_COPY_CORRELATION = 0.9999
_N_ROBUST_SIGMAS = 6
_IQR_PER_SIGMA = 1.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Summary of a window of units; `to_json` gives its plain form.

    Parameters
    ----------
    n_units, n_fails, n_sensors : int
        Size of the window.
    first_measured_at, last_measured_at : str
        ISO 8601, local time of the line.
    n_simultaneous : int
        Units with the same time as the unit before.
    missing_share : dict of str to float
        For each sensor, the share of units in which it was not measured.
    never_measured : tuple of str
        Sensors without one reading.
    constant : tuple of str
        Sensors with one value whenever they were measured.
    duplicate_of : dict of str to str
        Sensors that carry nothing new, each with the first sensor that it repeats: measured in the
        same units, and on a straight line with it (absolute correlation of at least .9999).
    out_of_family_share : dict of str to float
        For each sensor, the share of its readings outside median ± 6 robust sigmas, a robust sigma
        being the interquartile range / 1.35: the static limits of AEC-Q001 [1]_. 0 where quartiles
        agree, since such a sensor has no spread to judge by.

    References
    ----------
    .. [1] Automotive Electronics Council, *AEC-Q001 Rev-D: Guidelines for Part Average Testing*,
       2011.
    """

    n_units: int
    n_fails: int
    n_sensors: int
    first_measured_at: str
    last_measured_at: str
    n_simultaneous: int
    missing_share: dict[str, float]
    never_measured: tuple[str, ...]
    constant: tuple[str, ...]
    duplicate_of: dict[str, str]
    out_of_family_share: dict[str, float]

    @property
    def overall_missing_share(self) -> float:
        """Share of all cells without a reading."""
        return sum(self.missing_share.values()) / self.n_sensors

    @property
    def headline(self) -> dict[str, float]:
        """What a list of data sets shows of each."""
        return {
            "missing_share": round(self.overall_missing_share, 4),
            "never_measured": len(self.never_measured),
            "constant": len(self.constant),
            "duplicate": len(self.duplicate_of),
            "out_of_family": sum(share > 0 for share in self.out_of_family_share.values()),
            "simultaneous_units": self.n_simultaneous,
        }

    def to_json(self) -> dict[str, object]:
        """Return plain values that `json.dumps` takes."""
        return asdict(self) | {"overall_missing_share": self.overall_missing_share}


def quality(units: Units) -> Quality:
    """Summarise the readings of `units`.

    Raises
    ------
    EmptyWindowError
        If there are no units.
    """
    if not len(units):
        message = "there are no units to summarise; expected at least one."
        raise EmptyWindowError(message)
    missing = np.isnan(units.readings)
    low = np.where(missing, np.inf, units.readings).min(axis=0)
    high = np.where(missing, -np.inf, units.readings).max(axis=0)
    sensors = np.array(units.sensors)
    return Quality(
        n_units=len(units),
        n_fails=int(units.is_fail.sum()),
        n_sensors=len(sensors),
        first_measured_at=str(units.measured_at[0]),
        last_measured_at=str(units.measured_at[-1]),
        n_simultaneous=int((units.measured_at[1:] == units.measured_at[:-1]).sum()),
        missing_share=_by_sensor(units, missing.mean(axis=0)),
        never_measured=tuple(sensors[missing.all(axis=0)].tolist()),
        constant=tuple(sensors[low == high].tolist()),
        duplicate_of=_duplicates(units, np.flatnonzero(low < high)),
        out_of_family_share=_by_sensor(units, _out_of_family(units.readings, low <= high)),
    )


def _by_sensor(units: Units, shares: np.ndarray) -> dict[str, float]:
    return dict(zip(units.sensors, shares.tolist(), strict=True))


def _duplicates(units: Units, varying: np.ndarray) -> dict[str, str]:
    readings = units.readings[:, varying]
    measured = ~np.isnan(readings)
    centred = np.where(measured, readings - np.nanmean(readings, axis=0), 0.0)
    centred /= np.abs(centred).max(axis=0)  # so that squares of tiny readings are not 0
    standard = centred / np.sqrt((centred**2).sum(axis=0))
    # Exact where two sensors were measured in the same units, and only those count.
    on_a_line = np.abs(standard.T @ standard) >= _COPY_CORRELATION
    together = measured.T.astype(np.float32) @ measured
    counts = measured.sum(axis=0)
    together = (together == counts) & (together == counts[:, None])
    earlier = np.tril(on_a_line & together, k=-1)
    return {
        units.sensors[varying[copy]]: units.sensors[varying[earlier[copy].argmax()]]
        for copy in np.flatnonzero(earlier.any(axis=1))
    }


def _out_of_family(readings: np.ndarray, is_measured: np.ndarray) -> np.ndarray:
    shares = np.zeros(readings.shape[1])
    known = readings[:, is_measured]
    lower, median, upper = np.nanpercentile(known, [25, 50, 75], axis=0)
    reach = _N_ROBUST_SIGMAS * (upper - lower) / _IQR_PER_SIGMA
    outside = (np.abs(known - median) > reach) & (reach > 0)
    shares[is_measured] = outside.sum(axis=0) / (~np.isnan(known)).sum(axis=0)
    return shares
