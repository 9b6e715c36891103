"""Thresholds from inspection capacity, or from the cost of a missed fail."""

from __future__ import annotations

import numpy as np

from secom_core.errors import ConfigError, EmptyWindowError, EvidenceError


def threshold_for(risk: np.ndarray, max_inspection_rate: float) -> float:
    """Lowest threshold that keeps `risk` within inspection capacity, ties included.

    Parameters
    ----------
    risk : ndarray of shape (n_units,), in [0, 1]
    max_inspection_rate : float
        In [0, 1].

    Returns
    -------
    float
        Midway between the last unit flagged and the first that is not, so that rounding elsewhere
        flips neither; above 1 if no threshold fits.

    Raises
    ------
    EmptyWindowError
        If there are no units.
    EvidenceError
        If a risk is outside [0, 1].
    ConfigError
        If the capacity is outside [0, 1].
    """
    ordered = _descending(risk)
    capacity = int(n_inspectable(risk.size, max_inspection_rate))
    if capacity == risk.size:
        return _threshold_after(ordered, capacity)
    # Who shares the risk of the first unit left out is left out too.
    return _threshold_after(ordered, int(np.count_nonzero(ordered > ordered[capacity])))


def threshold_for_cost(
    risk: np.ndarray,
    is_fail: np.ndarray,
    *,
    missed_fail_cost: float,
    inspection_cost: float = 1.0,
    max_inspection_rate: float = 1.0,
) -> float:
    """Threshold of least cost on these units, within inspection capacity.

    Parameters
    ----------
    risk : ndarray of shape (n_units,), in [0, 1]
    is_fail : ndarray of shape (n_units,), bool
    missed_fail_cost, inspection_cost : float
        > 0, in one currency; an inspection finds every fail.
    max_inspection_rate : float, default=1
        In [0, 1].

    Returns
    -------
    float
        As `threshold_for`; of equally cheap thresholds the one that inspects least.

    Raises
    ------
    EmptyWindowError, EvidenceError, ConfigError
        As `threshold_for`; a cost that is not above 0 is a `ConfigError`.
    """
    if not (missed_fail_cost > 0 and inspection_cost > 0):
        message = (
            "costs must be above 0, got "
            f"missed_fail_cost={missed_fail_cost}, inspection_cost={inspection_cost}."
        )
        raise ConfigError(message)
    ordered = _descending(risk)
    n_flagged = np.arange(risk.size + 1)
    n_caught = np.concatenate(([0], np.cumsum(is_fail[np.argsort(-risk, kind="stable")])))
    cost = inspection_cost * n_flagged - missed_fail_cost * n_caught
    cost[n_flagged > n_inspectable(risk.size, max_inspection_rate)] = np.inf
    cost[1:-1][ordered[:-1] == ordered[1:]] = np.inf  # ties cannot be told apart
    return _threshold_after(ordered, int(np.argmin(cost)))


def n_inspectable(n_units: np.ndarray | int, max_inspection_rate: float) -> np.ndarray:
    """Largest whole number of units whose share of `n_units` is at most the capacity."""
    if not 0 <= max_inspection_rate <= 1:
        message = f"inspection capacity must be in [0, 1], got {max_inspection_rate}."
        raise ConfigError(message)
    most = np.round(max_inspection_rate * np.asarray(n_units))
    # .29 of 100 is 28.999…96 in floating point, yet 29 of 100 are within .29.
    return np.where(most / n_units > max_inspection_rate, most - 1, most).astype(np.intp)


def _descending(risk: np.ndarray) -> np.ndarray:
    if risk.size == 0:
        message = "a threshold needs units to be set on, got none."
        raise EmptyWindowError(message)
    if not (risk.min() >= 0 and risk.max() <= 1):
        message = f"risks must be in [0, 1], got {risk.min()} to {risk.max()}."
        raise EvidenceError(message)
    return np.sort(risk)[::-1]


def _threshold_after(ordered: np.ndarray, n_flagged: int) -> float:
    """Threshold that flags the first `n_flagged` of descending risks."""
    bounded = np.concatenate(([np.nextafter(1, 2)], ordered, [0]))
    last, following = float(bounded[n_flagged]), float(bounded[n_flagged + 1])
    midway = (last + following) / 2
    return midway if midway > following else last
