"""How often drift is seen where there is none, and how often where there is some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from secom_core.drift import fit_reference
from secom_core.drift.watch import (
    WINDOW_UNITS,
    DriftVerdict,
    Reference,
    Scored,
    Window,
    compare,
    cut_windows,
    judge_drift,
)
from secom_core.evaluation.reliability import wilson_interval
from secom_core.threshold import threshold_for

N_REFERENCE = 1000
Alert: TypeAlias = Callable[[DriftVerdict], bool]

ALERTS: dict[str, Alert] = {
    "any sensor drifts": lambda verdict: bool(verdict.sensors),
    "risks drift": lambda verdict: verdict.risk.is_drifting,
    "twice capacity flagged": lambda verdict: verdict.flagging.is_hopeless,
    # No alert: a threshold set on 157 units may well flag too much of what never drifted.
    "(more flagged than capacity)": lambda verdict: verdict.flagging.is_over,
}
_CAPACITY = 0.2
_N_CALIBRATION = 157
"""Units on which a run on all of SECOM sets risks and threshold."""
_N_SHIFTED, _SIGMAS = 5, 0.5


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happened in independent draws."""

    n: int
    n_draws: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, 95 %."""
        low, high = wilson_interval(np.array([self.n / self.n_draws]), np.array([self.n_draws]))
        return float(low[0]), float(high[0])

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.n} of {self.n_draws} ({low:.1%} to {high:.1%})"


def false_alarms(
    line: Scored, *, n_draws: int, n_reference: int = N_REFERENCE, size: int = WINDOW_UNITS
) -> dict[str, Rate]:
    """Count draws of shuffled units in whose last window something is alarmed about.

    Draws are independent; the windows of one are not, for they share a reference. The last has the
    longest memory, so that no other is alarmed more easily.
    """
    counts = dict.fromkeys(ALERTS, 0)
    for seed in range(n_draws):
        reference, windows = _shuffled(line, seed=seed, n_reference=n_reference, size=size)
        verdict = _judge([compare(reference, window) for window in windows])
        for name, is_raised in ALERTS.items():
            counts[name] += is_raised(verdict)
    return {name: Rate(count, n_draws) for name, count in counts.items()}


def detection(line: Scored, columns: np.ndarray, *, n_draws: int, size: int = WINDOW_UNITS) -> Rate:
    """Count draws in which all shifted sensors are listed as drifting after two windows.

    Five of `columns` are shifted, each up or down, by half of its standard deviation.
    """
    sigma = np.nanstd(line.readings[:, columns], axis=0)
    n_found = 0
    for seed in range(n_draws):
        reference, windows = _shuffled(line, seed=seed, n_reference=N_REFERENCE, size=size)
        rng = np.random.default_rng((seed, 1))
        chosen = rng.choice(columns.size, _N_SHIFTED, replace=False)
        shift = np.zeros(line.readings.shape[1])
        shift[columns[chosen]] = _SIGMAS * sigma[chosen] * rng.choice([-1, 1], _N_SHIFTED)
        shifted = [replace(window, readings=window.readings + shift) for window in windows[:2]]
        verdict = _judge([compare(reference, window) for window in shifted])
        listed = {sensor.column for sensor in verdict.sensors}
        n_found += listed.issuperset(columns[chosen].tolist())
    return Rate(n_found, n_draws)


def shiftable(readings: np.ndarray, *, max_missing_share: float) -> np.ndarray:
    """Columns of the sensors that vary, and are measured often enough."""
    measured = ~np.isnan(readings)
    varies = np.ptp(np.where(measured, readings, np.nanmedian(readings, axis=0)), axis=0) > 0
    return np.flatnonzero(varies & (measured.mean(axis=0) >= 1 - max_missing_share))


def _shuffled(
    line: Scored, *, seed: int, n_reference: int, size: int
) -> tuple[Reference, list[Scored]]:
    """Make a line on which time means nothing: a reference, and the windows after it."""
    order = np.random.default_rng(seed).permutation(len(line))
    readings, risk = line.readings[order], line.risk[order]
    calibration = risk[n_reference - _N_CALIBRATION : n_reference]
    later = Scored(
        readings=readings[n_reference:],
        risk=risk[n_reference:],
        flagged=risk[n_reference:] >= threshold_for(calibration, _CAPACITY),
        scored_at=line.scored_at[n_reference:],
    )
    reference = Reference(
        bundle="shuffled", profile=fit_reference(readings[:n_reference]), risk=calibration
    )
    return reference, [later.window(cut) for cut in cut_windows(len(later), size=size)]


def _judge(history: Sequence[Window]) -> DriftVerdict:
    every = range(history[-1].sensors.psi.size)
    return judge_drift(history, sensors_read=every, baseline=0.0, max_inspection_rate=_CAPACITY)
