"""Whether sensors' readings, and their absence, differ between two windows by more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import kolmogorov
from scipy.stats import false_discovery_control, hypergeom

Q = 0.05
"""False discovery rate: so many of the sensors singled out are, on average, chance's doing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """What a test says of every sensor.

    Parameters
    ----------
    p_value : ndarray of shape (n_sensors,)
    least : ndarray of shape (n_sensors,)
        Smallest p-value that so many units, and so many not measured, could have yielded.
    """

    p_value: np.ndarray
    least: np.ndarray


def q_values(reference: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Smallest false discovery rate at which each sensor counts as different.

    A sensor's p-value is the smaller of two, that of its values (`test_values`) and that of their
    absence (`test_missing`), times the number of tests that could have told at all: one that cannot
    come out small, whatever it finds, takes no part [2]_. Over the sensors follows Benjamini and
    Hochberg's procedure [1]_, which holds where sensors move together, as those of a line do.

    Parameters
    ----------
    reference, current : ndarray of shape (n_units, n_sensors)
        Each sensor's readings in ascending order, NaN last.

    Returns
    -------
    ndarray of shape (n_sensors,)

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.
    .. [2] R. E. Tarone, "A modified Bonferroni method for discrete data", Biometrics 46, 1990.
    """
    tests = (compare_values(reference, current), compare_missing(reference, current))
    can_tell = np.stack([test.least for test in tests]) <= Q / reference.shape[1]
    found = np.where(can_tell, [test.p_value for test in tests], 1.0)
    n_tests = np.maximum(can_tell.sum(axis=0), 1)
    return false_discovery_control(np.minimum(n_tests * found.min(axis=0), 1.0))


def compare_values(reference: np.ndarray, current: np.ndarray) -> Tested:
    """Compare the values that were measured: Kolmogorov and Smirnov's test for two samples.

    The p-value is that of the limit for many units, which errs on the safe side: 5 % above the
    exact one near .05 for 1,000 against 200 units, and more the fewer were measured.

    Parameters
    ----------
    reference, current : ndarray of shape (n_units, n_sensors)
        Each sensor's readings in ascending order, NaN last.
    """
    n, m = (np.sum(~np.isnan(window), axis=0) for window in (reference, current))
    scale = np.sqrt(n * m / np.maximum(n + m, 1))
    distances = [
        _distance(ours[:n_ours], theirs[:n_theirs])
        for ours, theirs, n_ours, n_theirs in zip(
            np.ascontiguousarray(reference.T), np.ascontiguousarray(current.T), n, m, strict=True
        )
    ]
    return Tested(p_value=kolmogorov(scale * distances), least=kolmogorov(scale))


def compare_missing(reference: np.ndarray, current: np.ndarray) -> Tested:
    """Compare the shares of units in which sensors were not measured, exactly.

    Twice the smaller tail of Fisher's hypergeometric: a chi-squared test would be wrong here, for
    most sensors of a line miss a handful of units in a thousand.

    Parameters
    ----------
    reference, current : ndarray of shape (n_units, n_sensors)
        NaN means "not measured".
    """
    missing, in_current = (np.sum(np.isnan(window), axis=0) for window in (reference, current))
    # Sensors fall silent by the module: few pairs of counts differ.
    pairs, which = np.unique([missing + in_current, in_current], axis=1, return_inverse=True)
    n_units = len(reference) + len(current)
    chance = hypergeom(n_units, pairs[0], len(current))
    low, high = chance.support()
    p_value = 2 * np.minimum(chance.cdf(pairs[1]), chance.sf(pairs[1] - 1))
    least = 2 * np.minimum(chance.pmf(low), chance.pmf(high))
    return Tested(p_value=np.minimum(p_value, 1.0)[which], least=np.minimum(least, 1.0)[which])


def _distance(reference: np.ndarray, current: np.ndarray) -> float:
    """Largest vertical distance between two empirical distribution functions."""
    n, m = reference.size, current.size
    if n == 0 or m == 0:
        return 0.0
    # The distance is largest at a reading of `current`, or just below one. Among equal readings the
    # last counts for the former and the first for the latter, which the maximum sees to.
    at = np.searchsorted(reference, current, side="right") / n
    below = np.searchsorted(reference, current, side="left") / n
    rank = np.arange(m + 1) / m
    return float(max(np.max(rank[1:] - at), np.max(below - rank[:-1]), 0.0))
