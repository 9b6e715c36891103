"""How many sensors drift on a line that has not changed its ways."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secom_core.drift.profile import fit_reference
from secom_core.drift.watch.comparing import MIN_UNITS, WINDOW_UNITS, compare_sensors, cut_windows
from secom_core.drift.watch.judging import drifting
from secom_core.drift.watch.persistence import N_HITS
from secom_core.errors import EvidenceError


def fit_baseline(readings: np.ndarray, *, sensors_read: Sequence[int]) -> float:
    """Find the drifting share that the window a bundle is fitted on has itself shown.

    Its first half is the reference for windows of its second half, judged as live ones will be.

    Parameters
    ----------
    readings : ndarray of shape (n_units, n_sensors)
        In time order; NaN means "not measured".
    sensors_read : sequence of int
        Columns that the bundle's graph reads.

    Returns
    -------
    float
        The largest share of those that drifted at once.

    Raises
    ------
    EvidenceError
        If the second half holds fewer than two windows of `MIN_UNITS`.
    """
    middle = (len(readings) + 1) // 2
    later = readings[middle:]
    size = min(WINDOW_UNITS, len(later) // N_HITS)
    if size < MIN_UNITS:
        message = (
            f"a baseline of drift needs {2 * N_HITS * MIN_UNITS} units, got {len(readings)}: "
            "fit on more, or go without."
        )
        raise EvidenceError(message)
    profile = fit_reference(readings[:middle])
    moves = [compare_sensors(profile, later[cut]) for cut in cut_windows(len(later), size=size)]
    read = list(sensors_read)
    return max(
        float(np.mean(drifting(moves[: n + 1])[read])) if read else 0.0 for n in range(len(moves))
    )
