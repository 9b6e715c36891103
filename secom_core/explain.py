"""Which sensors moved a unit's risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from secom_core.bundle import Bundle

_CELLS = 4_000_000
"""Readings scored at once: some 32 MB, whatever the number of units."""


def effects(bundle: Bundle, readings: np.ndarray, medians: np.ndarray) -> np.ndarray:
    """Change of risk that each sensor's reading makes, against its reference median.

    Parameters
    ----------
    bundle : Bundle
    readings : ndarray of shape (n_units, n_sensors)
        NaN means "not measured"; such a sensor has no effect.
    medians : ndarray of shape (n_sensors,)
        Medians of the reference window.

    Returns
    -------
    ndarray of shape (n_units, n_read), float64
        Risk as measured less the risk with that sensor at its median, a column for each of
        `bundle.sensors_read`; above 0 where the reading raises the risk.

    Raises
    ------
    ContractError
        If the readings do not fit the contract.
    """
    readings = bundle.contract.check(readings)
    columns = np.array(bundle.sensors_read, dtype=np.intp)
    risk = bundle.judge(readings).risk
    changed = np.empty((len(readings), columns.size))
    chunk = max(1, _CELLS // (readings.shape[1] * max(1, columns.size)))
    for start in range(0, len(readings), chunk):
        units = readings[start : start + chunk]
        variants = np.repeat(units, columns.size, axis=0)
        rows = np.arange(len(variants))
        variants[rows, np.tile(columns, len(units))] = np.tile(medians[columns], len(units))
        risks = bundle.judge(variants).risk
        changed[start : start + chunk] = risks.reshape(len(units), columns.size)
    return risk[:, np.newaxis] - changed
