"""How far sensors have moved: the population stability index."""

from __future__ import annotations

import numpy as np

from secom_core.drift.profile import ReferenceProfile, fit_reference, require_units

NOTICEABLE, LARGE = 0.1, 0.25
"""PSI from which a sensor has moved, and moved far; half a standard deviation is .25."""


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
        Nats, >= 0; 0 when the binned windows agree. Where nothing has moved, windows of n and m
        units still differ by about (n_bins - 1) * (1 / n + 1 / m).

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
    require_units(current)
    edges = _apart(reference.psi_edges)
    # Below the first edge and "not measured" always count; between equal edges nothing can lie.
    is_bin = np.ones((len(edges) + 2, edges.shape[1]), dtype=bool)
    is_bin[1:-2] = edges[1:] > edges[:-1]
    p = _bin_shares(reference.sorted_readings, edges, is_bin)
    q = _bin_shares(current, edges, is_bin)
    return np.sum((p - q) * np.log(p / q), axis=0, where=is_bin)


def _apart(edges: np.ndarray) -> np.ndarray:
    """Give a reading on which several quantiles fall a bin of its own.

    Otherwise it shares one with all that lies up to the next quantile, and a constant sensor that
    rises has not moved.
    """
    is_repeated = np.zeros(edges.shape, dtype=bool)
    is_repeated[1:] = edges[1:] == edges[:-1]
    return np.where(is_repeated, np.nextafter(edges, np.inf), edges)


def _bin_shares(window: np.ndarray, edges: np.ndarray, is_bin: np.ndarray) -> np.ndarray:
    n_measured = np.sum(~np.isnan(window), axis=0)
    at_least = [np.sum(window >= edge, axis=0) for edge in edges]
    counts = -np.diff([n_measured, *at_least, np.zeros_like(n_measured)], axis=0)
    # A sensor that goes silent has drifted: "missing" is a bin of its own.
    counts = np.vstack([counts, len(window) - n_measured])
    # Half a unit per bin keeps the logarithm finite when a bin is empty.
    smoothed = np.where(is_bin, counts + 0.5, 1.0)
    return smoothed / np.sum(smoothed, axis=0, where=is_bin)
