"""What the newest round found, as Prometheus has it. What is not known is absent, not 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import numpy as np
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from secom_core.drift.watch import DriftVerdict, Moves, Window
from secom_core.evaluation import Figure
from secom_core.outcomes import STATES, Live
from serving import metrics
from serving.monitor.cycles import Cycles
from serving.monitor.state import Latest, OutcomeCounts, Seen

FIGURES = ("auc", "capture_rate", "escape_rate", "calibration_slope")
"""Of live performance."""

Samples = Mapping[str, float | None]
"""Values by label; None is left out."""


class Exposition(Collector):
    """Gives Prometheus what the newest round found.

    Parameters
    ----------
    latest : Latest
    cycles : Cycles
    """

    def __init__(self, latest: Latest, cycles: Cycles) -> None:
        self._latest, self._cycles = latest, cycles

    def collect(self) -> Iterator[Metric]:
        """Give Prometheus every metric of which there is something to say."""
        yield from _cycles(self._cycles)
        seen = self._latest.get()
        if seen is None:
            return
        yield from _champion(seen)
        yield from _outcomes(seen.outcomes)
        yield _gauge(metrics.SET_ASIDE, "Prediction objects that cannot be read.", seen.n_set_aside)
        if seen.live:
            yield from _live(seen.live)
        if seen.window and seen.drift:
            yield from _window(seen.window, seen.sensors)
            yield from _drift(seen.drift)
            yield from _sensors_drifting(seen.drift, seen.sensors)
            yield from _risk(seen.drift)
            yield from _flagging(seen.drift)


def _cycles(cycles: Cycles) -> Iterator[Metric]:
    yield _counter(metrics.MONITOR_CYCLES, "Rounds.", "result", cycles.counts)
    yield from _time(metrics.MONITOR_CYCLE_TIME, "Last round that succeeded.", cycles.last_done)


def _champion(seen: Seen) -> Iterator[Metric]:
    if seen.champion:
        yield InfoMetricFamily(
            metrics.CHAMPION.removesuffix("_info"),
            "The champion in the store.",
            value={"digest": seen.champion.digest, "run_id": seen.champion.run_id},
        )
    yield _counter(metrics.CHAMPION_CHANGES, "Changes of champion.", "kind", seen.changes)
    if seen.promised:
        yield _gauges(
            metrics.PROMISED, "AUC of the champion's card.", "bound", _bounds(seen.promised)
        )


def _outcomes(counts: OutcomeCounts) -> Iterator[Metric]:
    yield _counter(metrics.OUTCOMES, "Outcomes taken in.", "result", counts.taken_in)
    yield _gauges(metrics.OUTCOMES_JOINED, "Outcomes in the window.", "how", counts.joined)
    if counts.n_unmatched is not None:
        yield _gauge(metrics.OUTCOMES_UNMATCHED, "Outcomes of unknown units.", counts.n_unmatched)
    yield from _time(metrics.OUTCOME_TIME, "Last outcome.", counts.newest_at)


def _live(live: Live) -> Iterator[Metric]:
    states: Samples = {state: float(state == live.state) for state in STATES}
    yield _gauges(metrics.LIVE_STATE, "1 for the state.", "state", states)
    family = GaugeMetricFamily(metrics.LIVE, "Live performance.", labels=["figure", "bound"])
    for name in FIGURES:
        figure: Figure | None = getattr(live, name)
        for bound, value in _bounds(figure).items() if figure else ():
            family.add_metric([name, bound], value)
    yield family


def _window(window: Window, sensors: tuple[str, ...]) -> Iterator[Metric]:
    yield from _time(metrics.DRIFT_WINDOW_TIME, "End of newest window.", _utc(window.ended_at))
    moves: Moves = window.sensors
    for name, text, values in (
        (metrics.SENSOR_PSI, "PSI in the newest window.", moves.psi),
        (metrics.SENSOR_SHIFT, "Shift of the median in ranks.", moves.quantile_shift),
        (metrics.SENSOR_MISSING, "Share not measured.", moves.missing_share),
    ):
        yield _gauges(name, text, "sensor", _by_sensor(sensors, values))


def _drift(drift: DriftVerdict) -> Iterator[Metric]:
    yield _gauge(metrics.DRIFT_WINDOWS, "Windows judged.", drift.n_windows)
    n_drifting = {
        "all": len(drift.sensors),
        "read": sum(sensor.is_read for sensor in drift.sensors),
    }
    yield _gauges(metrics.SENSORS_DRIFTING, "Sensors that drift.", "scope", n_drifting)
    yield _gauge(metrics.DRIFT_SHARE, "Share of the sensors read.", drift.share_drifting)
    if drift.baseline is not None:
        yield _gauge(metrics.DRIFT_BASELINE, "What is nothing new.", drift.baseline)


def _sensors_drifting(drift: DriftVerdict, sensors: tuple[str, ...]) -> Iterator[Metric]:
    drifting = np.zeros(len(sensors))
    drifting[[sensor.column for sensor in drift.sensors]] = 1
    values = _by_sensor(sensors, drifting)
    yield _gauges(metrics.SENSOR_DRIFTING, "1 if the sensor drifts.", "sensor", values)


def _risk(drift: DriftVerdict) -> Iterator[Metric]:
    yield _gauge(metrics.RISK_DRIFTING, "1 if the risks drift.", float(drift.risk.is_drifting))
    yield _gauge(metrics.RISK_PSI, "PSI of the newest window's risks.", drift.risk.psi)


def _flagging(drift: DriftVerdict) -> Iterator[Metric]:
    flagging = drift.flagging
    share = {"value": flagging.share, "low": flagging.low, "high": flagging.high}
    yield _gauges(metrics.FLAGGED_SHARE, "Share flagged.", "bound", share)
    persists = {
        "capacity": float(flagging.is_over),
        "twice_capacity": float(flagging.is_hopeless),
    }
    yield _gauges(metrics.FLAGGED_PERSISTS, "1 if above the limit.", "limit", persists)


def _by_sensor(sensors: tuple[str, ...], values: np.ndarray) -> Samples:
    pairs = zip(sensors, values.tolist(), strict=True)
    return {sensor: None if np.isnan(value) else value for sensor, value in pairs}


def _bounds(figure: Figure) -> dict[str, float]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _gauges(name: str, text: str, label: str, samples: Samples) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for each, value in samples.items():
        if value is not None:
            family.add_metric([each], value)
    return family


def _counter(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for each, count in counts.items():
        family.add_metric([each], count)
    return family


def _time(name: str, text: str, at: datetime | None) -> Iterator[Metric]:
    if at is not None:
        yield _gauge(name, text, at.timestamp())
