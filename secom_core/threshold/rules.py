"""Thresholds from inspection capacity, or from the cost of a missed fail."""

from __future__ import annotations

import numpy as np

from secom_core.errors import ConfigError, EmptyWindowError, EvidenceError


def threshold_for(
    risk: np.ndarray, max_inspection_rate: float, *, weight: np.ndarray | None = None
) -> float:
    """Lowest threshold that keeps `risk` within inspection capacity, ties included.

    Parameters
    ----------
    risk : ndarray of shape (n_units,), in [0, 1]
    max_inspection_rate : float
        In [0, 1]: of the line's units, where units stand for more than themselves.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

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
    order = _riskiest_first(risk)
    ordered = risk[order]
    capacity = _n_within(max_inspection_rate, weight_of_each(risk, weight)[order])
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
    weight: np.ndarray | None = None,
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
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

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
    order = _riskiest_first(risk)
    ordered, weights = risk[order], weight_of_each(risk, weight)[order]
    flagged = np.concatenate(([0], np.cumsum(weights)))
    caught = np.concatenate(([0], np.cumsum(weights * is_fail[order])))
    cost = inspection_cost * flagged - missed_fail_cost * caught
    cost[_n_within(max_inspection_rate, weights) + 1 :] = np.inf
    cost[1:-1][ordered[:-1] == ordered[1:]] = np.inf  # ties cannot be told apart
    return _threshold_after(ordered, int(np.argmin(cost)))


def n_inspectable(n_units: np.ndarray | int, max_inspection_rate: float) -> np.ndarray:
    """Largest whole number of units whose share of `n_units` is at most the capacity."""
    require_share(max_inspection_rate)
    most = np.round(max_inspection_rate * np.asarray(n_units))
    # .29 of 100 is 28.999…96 in floating point, yet 29 of 100 are within .29.
    return np.where(most / n_units > max_inspection_rate, most - 1, most).astype(np.intp)


def require_share(max_inspection_rate: float) -> None:
    """Refuse a capacity outside [0, 1].

    Raises
    ------
    ConfigError
        If it is.
    """
    if not 0 <= max_inspection_rate <= 1:
        message = f"inspection capacity must be in [0, 1], got {max_inspection_rate}."
        raise ConfigError(message)


def _n_within(max_inspection_rate: float, ordered_weight: np.ndarray) -> int:
    """Largest number of the first units whose share of all weight is at most the capacity."""
    require_share(max_inspection_rate)
    reached = np.cumsum(ordered_weight)
    return int(np.searchsorted(reached / reached[-1], max_inspection_rate, side="right"))


def weight_of_each(risk: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return weights, 1 each where there are none.

    Raises
    ------
    EvidenceError
        If there is not one a unit.
    """
    if weight is None:
        return np.ones(risk.size)
    if weight.shape != risk.shape:
        message = f"expected one weight per unit ({risk.size}), got {weight.shape}."
        raise EvidenceError(message)
    return weight


def _riskiest_first(risk: np.ndarray) -> np.ndarray:
    if risk.size == 0:
        message = "a threshold needs units to be set on, got none."
        raise EmptyWindowError(message)
    if not (risk.min() >= 0 and risk.max() <= 1):
        message = f"risks must be in [0, 1], got {risk.min()} to {risk.max()}."
        raise EvidenceError(message)
    return np.argsort(-risk, kind="stable")


def _threshold_after(ordered: np.ndarray, n_flagged: int) -> float:
    """Threshold that flags the first `n_flagged` of descending risks."""
    bounded = np.concatenate(([np.nextafter(1, 2)], ordered, [0]))
    last, following = float(bounded[n_flagged]), float(bounded[n_flagged + 1])
    midway = (last + following) / 2
    return midway if midway > following else last
