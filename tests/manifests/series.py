"""Which labels each series has: its own, and those of the target that was scraped."""

from __future__ import annotations

from serving import metrics

TARGET = {"namespace", "pod", "container", "endpoint", "job", "instance"}
"""What Prometheus' operator makes of a PodMonitor's target."""

_BUNDLE = {"digest", "run_id", "data_digest", "trained_at"}

_OWN = {
    metrics.REQUESTS: {"protocol", "code"},
    metrics.STAGE_SECONDS: {"protocol", "stage"},
    metrics.REJECTED: {"reason"},
    metrics.BUNDLE: _BUNDLE,
    metrics.UNRECORDED: {"reason"},
    metrics.MONITOR_REQUESTS: {"route", "code"},
    metrics.MONITOR_CYCLES: {"result"},
    metrics.SENSORS_DRIFTING: {"scope"},
    metrics.SENSOR_PSI: {"sensor"},
    metrics.SENSOR_SHIFT: {"sensor"},
    metrics.SENSOR_MISSING: {"sensor"},
    metrics.SENSOR_DRIFTING: {"sensor"},
    metrics.FLAGGED_SHARE: {"bound"},
    metrics.FLAGGED_PERSISTS: {"limit"},
    metrics.OUTCOMES: {"result"},
    metrics.OUTCOMES_JOINED: {"how"},
    metrics.LIVE: {"figure", "bound"},
    metrics.LIVE_STATE: {"state"},
    metrics.PROMISED: {"bound"},
    metrics.RUNS: {"pipeline", "outcome"},
    metrics.RUNS_GOING: {"pipeline"},
    metrics.RETRAINS_ASKED: {"source", "answer"},
    metrics.CHAMPION: {"digest", "run_id"},
    metrics.CHAMPION_CHANGES: {"kind"},
}
_HISTOGRAMS = (metrics.STAGE_SECONDS, metrics.RISK)


def labels() -> dict[str, set[str]]:
    """Return the labels of every series that may be asked for."""
    named = {value for name, value in vars(metrics).items() if name.isupper()}
    series = {name: _OWN.get(name, set()) | TARGET for name in named - set(_HISTOGRAMS)}
    for name in _HISTOGRAMS:
        own = _OWN.get(name, set()) | TARGET
        series |= {f"{name}_bucket": own | {"le"}, f"{name}_count": own, f"{name}_sum": own}
    alert = {"alertname", "alertstate", "severity", "action", "namespace", "model"}
    return series | {"up": TARGET, "ALERTS": alert}


def own(metric: str) -> set[str]:
    """Return the labels that a metric has by itself."""
    return _OWN.get(metric, set())
