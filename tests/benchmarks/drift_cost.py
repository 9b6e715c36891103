"""What it takes to look for drift: a window of 1,000 units against 1,000, all sensors."""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from secom_core.drift import fit_reference
from secom_core.drift.watch import compare_sensors
from tests.benchmarks.figures import Target
from tests.benchmarks.rounds import Tell

N_UNITS = 1000
STOCK = "Evidently's data drift preset"
_SCRIPT = Path(__file__).with_name("stock_drift.py")


@dataclass(frozen=True, slots=True)
class DriftCost:
    """Seconds of each round of ours, and of one report of Evidently's; None: not measured."""

    ours: tuple[float, ...]
    stock: float | None


def measure(readings: np.ndarray, python: Path | None, *, n_rounds: int, tell: Tell) -> DriftCost:
    """Compare the last units with the first; Evidently does so once, after a report to warm up.

    Parameters
    ----------
    readings : ndarray of shape (n_units, n_sensors)
    python : Path, optional
        Of an environment that has Evidently.
    n_rounds : int
    tell : callable
    """
    tell("drift of a window")
    ours = seconds_per_window(readings, n_rounds=n_rounds)
    if python is None:
        return DriftCost(ours, None)
    tell(f"drift of a window: {STOCK}")
    return DriftCost(ours, evidently_seconds(readings, python))


def seconds_per_window(readings: np.ndarray, *, n_rounds: int) -> tuple[float, ...]:
    """Time to compare the last units with the first, all sensors, in each round."""
    profile, current = fit_reference(readings[:N_UNITS]), readings[-N_UNITS:]
    took = []
    for _ in range(n_rounds):
        start = time.perf_counter()
        compare_sensors(profile, current)
        took.append(time.perf_counter() - start)
    return tuple(took)


def evidently_seconds(readings: np.ndarray, python: Path) -> float:
    """Time Evidently on the same two windows, in an environment of its own."""
    with tempfile.TemporaryDirectory(prefix="secom-drift-") as folder:
        paths = [str(Path(folder) / name) for name in ("reference.npy", "current.npy")]
        for path, window in zip(paths, (readings[:N_UNITS], readings[-N_UNITS:]), strict=True):
            np.save(path, window)
        command = [str(python), "-W", "ignore", str(_SCRIPT), *paths]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def targets(cost: DriftCost) -> list[Target]:
    """Compare with what is wanted: a hundred times Evidently's speed, and 150 ms at most."""
    found = [
        Target(
            work=f"drift, {N_UNITS:,} v {N_UNITS:,} units",
            against="150 ms",
            wanted=1.0,
            ratios=tuple(0.15 / seconds for seconds in cost.ours),
        )
    ]
    if cost.stock is not None:
        stock = cost.stock
        found.append(
            Target(
                work=f"drift, {N_UNITS:,} v {N_UNITS:,} units",
                against=STOCK,
                wanted=100.0,
                ratios=tuple(stock / seconds for seconds in cost.ours),
            )
        )
    return found
