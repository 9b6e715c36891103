"""Which sensors drift, and whether the risks do: window after window of scored units.

::

    compare(Reference, Scored) -> Window          a window against what its bundle was made on
    judge_drift(windows, ...) -> DriftVerdict     what the windows so far add up to
    fit_baseline(readings, ...) -> float          the drifting share that is nothing new

A `Window` holds results only, goes to JSON and back, and is all that need be kept of its units.
"""

from secom_core.drift.watch.baseline import fit_baseline
from secom_core.drift.watch.comparing import (
    MIN_UNITS,
    WINDOW_UNITS,
    Reference,
    Scored,
    compare,
    compare_sensors,
    cut_windows,
)
from secom_core.drift.watch.judging import judge_drift
from secom_core.drift.watch.persistence import N_HITS, N_MEMORY
from secom_core.drift.watch.verdict import DriftingSensor, DriftVerdict, Flagging, RiskDrift
from secom_core.drift.watch.window import Moves, RiskMove, Window

__all__ = [
    "MIN_UNITS",
    "N_HITS",
    "N_MEMORY",
    "WINDOW_UNITS",
    "DriftVerdict",
    "DriftingSensor",
    "Flagging",
    "Moves",
    "Reference",
    "RiskDrift",
    "RiskMove",
    "Scored",
    "Window",
    "compare",
    "compare_sensors",
    "cut_windows",
    "fit_baseline",
    "judge_drift",
]
