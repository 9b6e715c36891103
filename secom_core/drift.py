"""How far sensors have moved: the reference profile, and the population stability index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.errors import EmptyWindowError

NOTICEABLE, LARGE = 0.1, 0.25
"""PSI from which a sensor has moved, and moved far; half a standard deviation is .25."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceProfile:
    """How each sensor read in the window that a bundle was fitted on.

    Parameters
    ----------
    sorted_readings : ndarray of shape (n_units, n_sensors)
        Each sensor's readings in ascending order, NaN last.
    missing_share : ndarray of shape (n_sensors,)
        Units in which the sensor was not measured ÷ units.
    median, low, high : ndarray of shape (n_sensors,)
        Middle, smallest and largest reading; NaN for a sensor that was never measured.
    psi_edges : ndarray of shape (n_bins - 1, n_sensors)
        Quantiles that cut a sensor's readings into bins. Equal ones hold nothing between them.
    """

    sorted_readings: np.ndarray
    missing_share: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    psi_edges: np.ndarray


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


def fit_reference(readings: np.ndarray, *, n_bins: int = 10) -> ReferenceProfile:
    """Profile the window that a bundle is fitted on.

    Parameters
    ----------
    readings : ndarray of shape (n_units, n_sensors)
        NaN means "not measured".
    n_bins : int, default=10
        Quantile bins of the PSI.

    Raises
    ------
    EmptyWindowError
        If there are no units.
    """
    _require_units(readings)
    ordered = np.sort(readings, axis=0)  # NaN sorts last
    median, low, high = _quantiles(ordered, np.array([0.5, 0.0, 1.0]))
    return ReferenceProfile(
        sorted_readings=ordered,
        missing_share=np.isnan(ordered).mean(axis=0),
        median=median,
        low=low,
        high=high,
        psi_edges=_quantiles(ordered, np.arange(1, n_bins) / n_bins),
    )


def psi(reference: np.ndarray, current: np.ndarray, *, n_bins: int = 10) -> float:
    """Measure the population stability index of one sensor between two windows.

    Parameters
    ----------
    reference, current : ndarray of shape (n_units,)
        Readings in the sensor's own unit; NaN means "not measured".
    n_bins : int, default=10
        Quantile bins, cut on `reference` alone.

    Returns
    -------
    float
        Nats, >= 0; 0 when the binned windows agree.

    Raises
    ------
    EmptyWindowError
        If a window holds no units.

    References
    ----------
    .. [1] N. Siddiqi, *Credit Risk Scorecards*, Wiley, 2006.

    Examples
    --------
    >>> psi(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    0.0
    """
    profile = fit_reference(reference[:, np.newaxis], n_bins=n_bins)
    return float(psi_by_sensor(profile, current[:, np.newaxis])[0])


def psi_by_sensor(reference: ReferenceProfile, current: np.ndarray) -> np.ndarray:
    """Measure the population stability index of every sensor in a window.

    Parameters
    ----------
    reference : ReferenceProfile
    current : ndarray of shape (n_units, n_sensors)
        NaN means "not measured".

    Returns
    -------
    ndarray of shape (n_sensors,)
        Nats, >= 0.

    Raises
    ------
    EmptyWindowError
        If the window holds no units.
    """
    _require_units(current)
    edges = reference.psi_edges
    # Below the first edge and "not measured" always count; between equal edges nothing can lie.
    is_bin = np.ones((len(edges) + 2, edges.shape[1]), dtype=bool)
    is_bin[1:-2] = edges[1:] > edges[:-1]
    p = _bin_shares(reference.sorted_readings, edges, is_bin)
    q = _bin_shares(current, edges, is_bin)
    return np.sum((p - q) * np.log(p / q), axis=0, where=is_bin)


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
    _require_units(readings)
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


def _quantiles(ordered: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Quantiles of each column's measured readings: shape (n_shares, n_sensors)."""
    last = np.maximum(np.sum(~np.isnan(ordered), axis=0) - 1, 0)
    position = shares[:, np.newaxis] * last
    below = np.floor(position).astype(np.intp)
    above = np.minimum(below + 1, last)
    low, high = (np.take_along_axis(ordered, at, axis=0) for at in (below, above))
    share, step = position - below, high - low
    # Reckoned from the nearer reading, so that rounding never passes beyond the farther one.
    return np.where(share < 0.5, low + share * step, high - (1 - share) * step)


def _bin_shares(window: np.ndarray, edges: np.ndarray, is_bin: np.ndarray) -> np.ndarray:
    n_measured = np.sum(~np.isnan(window), axis=0)
    at_least = [np.sum(window >= edge, axis=0) for edge in edges]
    counts = -np.diff([n_measured, *at_least, np.zeros_like(n_measured)], axis=0)
    # A sensor that goes silent has drifted: "missing" is a bin of its own.
    counts = np.vstack([counts, len(window) - n_measured])
    # Half a unit per bin keeps the logarithm finite when a bin is empty.
    smoothed = np.where(is_bin, counts + 0.5, 1.0)
    return smoothed / np.sum(smoothed, axis=0, where=is_bin)


def _require_units(readings: np.ndarray) -> None:
    if len(readings) == 0:
        message = "drift compares windows of units, and one of them holds none."
        raise EmptyWindowError(message)
