"""What the monitor's windows show. Persistence is theirs: nothing here waits to be sure."""

from __future__ import annotations

from manifests.rules.rule import RETRAIN, Alert
from manifests.rules.selecting import KEEP, known, leading, monitor
from serving import metrics

_HOLD = "1m"
_FARTHEST = (
    f"topk(5, max by (sensor) ({leading(metrics.SENSOR_PSI)}"
    f" and on (instance, sensor) {monitor(metrics.SENSOR_DRIFTING)} == 1))"
)


def sensors_drift() -> Alert:
    """Tell that more sensors drift than is usual on this line; alone no reason to train."""
    return Alert(
        name="SecomSensorsDrift",
        expr=f"{known(metrics.DRIFT_SHARE)}\n> {known(metrics.DRIFT_BASELINE)}",
        hold=_HOLD,
        keep=KEEP,
        severity="ticket",
        summary="More sensors drift than when the bundle was made",
        description=f"""
            {{{{ $value | humanizePercentage }}}} of the sensors that the bundle reads drift, and
            {{{{ query `{known(metrics.DRIFT_BASELINE)}` | first | value | humanizePercentage }}}}
            did inside its own training window. Farthest moved:
            {{{{ range query `{_FARTHEST}` }}}}{{{{ .Labels.sensor }}}}
            (PSI {{{{ printf `%.2f` .Value }}}}) {{{{ end }}}}- ask what was done to their tools.
            Dashboard Data: drifting sensors, then each by itself.
        """,
    )


def risk_drifts() -> Alert:
    """Tell that the bundle sees other units than it was made for."""
    psi = known(metrics.RISK_PSI)
    return Alert(
        name="SecomRiskDrift",
        expr=f"{psi}\nand {known(metrics.RISK_DRIFTING)} == 1",
        hold=_HOLD,
        keep=KEEP,
        severity="ticket",
        labels=RETRAIN,
        summary="Risks are spread otherwise than when the bundle was calibrated",
        description="""
            Their PSI is {{ printf `%.2f` $value }} in the newest window, and it has persisted; 0.25
            is large. Threshold and risks are no longer what they say, and a training is asked for.
            Dashboard Model: risk; dashboard Data: which sensors moved.
        """,
    )


def flagged_twice_capacity() -> Alert:
    """Tell that the lab cannot follow, so that what is flagged goes uninspected."""
    share = known(metrics.FLAGGED_SHARE, 'bound="value"')
    persists = known(metrics.FLAGGED_PERSISTS, 'limit="twice_capacity"')
    return Alert(
        name="SecomFlaggedOverTwiceCapacity",
        expr=f"{share}\nand {persists} == 1",
        hold=_HOLD,
        keep=KEEP,
        severity="ticket",
        summary="Twice as many units are flagged as the lab can inspect",
        description="""
            {{ $value | humanizePercentage }} of the newest window's units are flagged, and it has
            persisted. Inspect those of the highest risk first. Dashboard Model: share flagged v
            capacity; dashboard Data: which sensors moved.
        """,
    )
