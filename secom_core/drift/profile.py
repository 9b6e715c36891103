"""How each sensor read in the window that a bundle was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.errors import EmptyWindowError


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
    require_units(readings)
    ordered = np.sort(readings, axis=0)  # NaN sorts last
    median, low, high = quantiles(ordered, np.array([0.5, 0.0, 1.0]))
    return ReferenceProfile(
        sorted_readings=ordered,
        missing_share=np.isnan(ordered).mean(axis=0),
        median=median,
        low=low,
        high=high,
        psi_edges=quantiles(ordered, np.arange(1, n_bins) / n_bins),
    )


def require_units(readings: np.ndarray) -> None:
    """Refuse a window without units."""
    if len(readings) == 0:
        message = "drift compares windows of units, and one of them holds none."
        raise EmptyWindowError(message)


def quantiles(ordered: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Quantiles of each column's measured readings: shape (n_shares, n_sensors)."""
    last = np.maximum(np.sum(~np.isnan(ordered), axis=0) - 1, 0)
    position = shares[:, np.newaxis] * last
    below = np.floor(position).astype(np.intp)
    above = np.minimum(below + 1, last)
    low, high = (np.take_along_axis(ordered, at, axis=0) for at in (below, above))
    share, step = position - below, high - low
    # Reckoned from the nearer reading, so that rounding never passes beyond the farther one.
    return np.where(share < 0.5, low + share * step, high - (1 - share) * step)
