"""What the monitor knows, and whether it knows it still."""

from tests.manifests.alerting.case import Case, Fires, Silent, leads, monitor, still

_DAY = 86400


def _round(values: str, *, pod: str = "a") -> dict[str, str]:
    return monitor("secom_monitor_cycle_timestamp_seconds", values, pod=pod)


def _drift(share: str, baseline: str, *, pod: str = "a") -> dict[str, str]:
    return {
        **monitor("secom_drift_share_ratio", share, pod=pod),
        **monitor("secom_drift_baseline_ratio", baseline, pod=pod),
    }


def _sensor(name: str, psi: float, is_drifting: int) -> dict[str, str]:
    return {
        **monitor("secom_sensor_psi", f"{psi}x60", sensor=name),
        **monitor("secom_sensor_drifting", f"{is_drifting}x60", sensor=name),
    }


def _risk(psi: str, is_drifting: str, *, pod: str = "a") -> dict[str, str]:
    return {
        **monitor("secom_risk_psi", psi, pod=pod),
        **monitor("secom_risk_drifting", is_drifting, pod=pod),
    }


def _flagged(share: str, twice: str) -> dict[str, str]:
    return {
        **monitor("secom_flagged_share_ratio", "0.38x60", bound="low"),
        **monitor("secom_flagged_share_ratio", share, bound="value"),
        **monitor("secom_flagged_share_ratio", "0.52x60", bound="high"),
        **monitor("secom_flagged_persists", "1x60", limit="capacity"),
        **monitor("secom_flagged_persists", twice, limit="twice_capacity"),
    }


def _auc(live_high: str, promised_low: str) -> dict[str, str]:
    return {
        **monitor("secom_live_figure", "0.2x60", figure="auc", bound="low"),
        **monitor("secom_live_figure", live_high, figure="auc", bound="high"),
        **monitor("secom_live_figure", "0.9x60", figure="capture_rate", bound="high"),
        **monitor("secom_promised_auc", promised_low, bound="low"),
        **monitor("secom_promised_auc", "0.99x60", bound="high"),
    }


def _rollbacks(values: str, *, pod: str = "a", kind: str = "rollback") -> dict[str, str]:
    return monitor("secom_champion_changes_total", values, pod=pod, kind=kind)


def _runs(values: str, outcome: str = "rolled_back") -> dict[str, str]:
    return monitor(
        "secom_pipeline_runs_total", values, pipeline="train_and_promote", outcome=outcome
    )


_DOWN = Fires(
    alert="SecomMonitorDown",
    given=monitor("up", "1x4 0x60"),
    at=15,
    severity="ticket",
    summary="The monitor is down",
    description=(
        "Prometheus has not reached it for 10 minutes: nobody watches drift and performance, takes "
        "in outcomes, or starts trainings. Predictions go on. Dashboard Lifecycle: monitor."
    ),
    also_without=("up",),
)
_ROUNDS = Fires(
    alert="SecomMonitorRoundsFail",
    given=_round("60+60x9 600x60"),
    at=31,
    severity="ticket",
    summary="The monitor does not get to the end of a round",
    description=(
        "No round has succeeded for 15 minutes, or none since it started: drift and performance on "
        "the dashboards are out of date, and alerts about them do not come. Dashboard Lifecycle: "
        "monitor."
    ),
)
_SENSORS = Fires(
    alert="SecomSensorsDrift",
    given={
        **leads(),
        **_drift("0.1x9 0.325x50", "0.3x60"),
        **_sensor("sensor_059", 0.314, 1),
        **_sensor("sensor_103", 1.271, 1),
        **_sensor("sensor_348", 9.5, 0),
    },
    at=11,
    severity="ticket",
    summary="More sensors drift than when the bundle was made",
    description=(
        "32.5% of the sensors that the bundle reads drift, and 30% did inside its own training "
        "window. Farthest moved: sensor_103 (PSI 1.27) sensor_059 (PSI 0.31) - ask what was done "
        "to their tools. Dashboard Data: drifting sensors, then each by itself."
    ),
    also_without=("secom_sensor_psi", "secom_sensor_drifting"),
)
_RISK = Fires(
    alert="SecomRiskDrift",
    given={**leads(), **_risk("0.31x60", "0x9 1x50")},
    at=11,
    severity="ticket",
    labels={"action": "retrain"},
    summary="Risks are spread otherwise than when the bundle was calibrated",
    description=(
        "Their PSI is 0.31 in the newest window, and it has persisted; 0.25 is large. Threshold "
        "and risks are no longer what they say, and a training is asked for. Dashboard Model: "
        "risk; dashboard Data: which sensors moved."
    ),
)
_FLAGGED = Fires(
    alert="SecomFlaggedOverTwiceCapacity",
    given={**leads(), **_flagged("0.45x60", "0x9 1x50")},
    at=11,
    severity="ticket",
    summary="Twice as many units are flagged as the lab can inspect",
    description=(
        "45% of the newest window's units are flagged, and it has persisted. Inspect those of the "
        "highest risk first. Dashboard Model: share flagged v capacity; dashboard Data: which "
        "sensors moved."
    ),
)
_AUC = Fires(
    alert="SecomLiveAucLow",
    given={**leads(), **_auc("0.6x9 0.5419x50", "0.55x60")},
    at=11,
    severity="ticket",
    labels={"action": "retrain"},
    summary="The champion ranks units worse than its card promises",
    description=(
        "By outcomes so far, its AUC is at most 0.542 (upper bound); the card's lower bound is "
        "0.550. A training is asked for. Look at fails that were not flagged: `secom trace "
        "UNIT_ID` shows what the champion made of each. Dashboard Model: live performance, "
        "outcomes."
    ),
)
_LATE = Fires(
    # The newest window ends 7 days and a second after the last outcome.
    alert="SecomOutcomesLate",
    given={
        **leads(),
        **monitor("secom_outcome_timestamp_seconds", "1000x400"),
        **monitor(
            "secom_drift_window_timestamp_seconds", f"{7 * _DAY + 1000}x9 {7 * _DAY + 1001}x390"
        ),
        **monitor("secom_drift_windows", "9x400"),
    },
    at=82,
    every="5m",
    severity="ticket",
    summary="Units are scored, and their outcomes do not come",
    description=(
        "Units were scored more than 7 days after the last outcome was taken in, or none came in "
        "5 windows of units. Whether the champion still ranks units right is unknown, and no "
        "training can learn from them. Dashboard Model: outcomes."
    ),
    # Without a last outcome, there are nine windows without any.
    also_without=("secom_outcome_timestamp_seconds", "secom_drift_windows"),
)
_FAILS = Fires(
    alert="SecomRetrainingFails",
    given={**leads(), **monitor("secom_retrain_failures", "1x9 2x50")},
    at=11,
    severity="ticket",
    summary="Trainings fail again and again",
    description=(
        "The last 2 trainings failed: no challenger can follow the champion. Dashboard Lifecycle: "
        "runs."
    ),
)
_REFUSED = Fires(
    alert="SecomRetrainingRefused",
    given={**leads(), **monitor("secom_retrain_refusals", "2x9 3x50")},
    at=11,
    severity="ticket",
    summary="The gate refuses one challenger after another",
    description=(
        "The last 3 challengers were not good enough: new data alone do not mend what is wrong. "
        "Dashboard Lifecycle: verdicts and their reasons; dashboard Data: what moved."
    ),
)
_BACK = Fires(
    alert="SecomPromotionRolledBack",
    given={
        **leads(),
        **_rollbacks("2x9 3x90"),
        **_rollbacks("5x100", kind="promotion"),
    },
    at=10,
    until=68,
    severity="ticket",
    summary="A promotion was taken back",
    description=(
        "In the last hour the champion went back to an earlier bundle, or a roll-out failed and "
        "did: the former bundle serves. Dashboard Lifecycle: bundle history, runs."
    ),
)

CASES: list[Case] = [
    _DOWN,
    still(_DOWN, why="its pod is gone", given=monitor("up", "1x4 stale")),
    Silent(
        alert="SecomMonitorDown",
        why="a new pod has taken over",
        given={**monitor("up", "1x9 0x2 stale"), **monitor("up", "_x14 1x60", pod="b")},
        at=40,
    ),
    _ROUNDS,
    still(
        _ROUNDS,
        why="no round has ever succeeded",
        given={**monitor("up", "1x60"), **monitor("up", "0x60", pod="b"), **leads("0x60")},
        at=5,
    ),
    Silent(
        alert="SecomMonitorRoundsFail",
        why="another one looks",
        given={
            **monitor("up", "1x60"),
            **_round("0x60"),
            **monitor("up", "1x60", pod="b"),
            **_round("0+60x60", pod="b"),
        },
        at=60,
    ),
    Silent(
        alert="SecomMonitorRoundsFail",
        why="the first round takes its time",
        given={**monitor("up", "1x60"), **_round("_x4 300+60x60")},
        at=5,
    ),
    Silent(
        alert="SecomMonitorRoundsFail",
        why="it is down, which is another alert",
        given={**monitor("up", "1x3 0x60"), **_round("0+60x3 stale")},
        at=40,
    ),
    _SENSORS,
    Silent(
        alert="SecomSensorsDrift",
        why="as many as inside the training window",
        given={**leads(), **_drift("0.3x60", "0.3x60")},
        at=30,
    ),
    Silent(
        alert="SecomSensorsDrift",
        why="the bundle has been replaced",
        given={**leads(), **_drift("0.5x9 0x50", "0.3x9 0.4x50")},
        at=20,
    ),
    Silent(
        alert="SecomSensorsDrift",
        why="who says so no longer leads",
        given={
            **leads("1x9 0x50"),
            **_drift("0.5x60", "0.3x60"),
            **leads("0x9 1x50", pod="b"),
            **_drift("0.1x60", "0.3x60", pod="b"),
        },
        at=20,
    ),
    _RISK,
    still(
        _RISK,
        why="the monitor restarts, and the alert is not sent anew",
        given={
            **leads("1x14 stale"),
            **_risk("0.31x14 stale", "0x9 1x4 stale"),
            **leads("_x20 1x60", pod="b"),
            **_risk("_x20 0.31x60", "_x20 1x60", pod="b"),
        },
        until=17,
    ),
    Silent(
        alert="SecomRiskDrift",
        why="who says so no longer leads",
        given={
            **leads("0x60"),
            **_risk("0.31x60", "1x60"),
            **leads("1x60", pod="b"),
            **_risk("0.02x60", "0x60", pod="b"),
        },
        at=30,
    ),
    Silent(
        alert="SecomRiskDrift",
        why="the pod that said so is gone",
        given={
            **leads("1x9 stale"),
            **_risk("0.31x9 stale", "1x9 stale"),
        },
        at=20,
    ),
    _FLAGGED,
    Silent(
        alert="SecomFlaggedOverTwiceCapacity",
        why="over capacity, not twice",
        given={**leads(), **_flagged("0.45x60", "0x60")},
        at=30,
    ),
    _AUC,
    Silent(
        alert="SecomLiveAucLow",
        why="the intervals touch",
        given={**leads(), **_auc("0.55x60", "0.55x60")},
        at=30,
    ),
    _LATE,
    still(
        _LATE,
        why="none has ever come",
        given={**leads(), **monitor("secom_drift_windows", "4x9 5x390")},
    ),
    Silent(
        alert="SecomOutcomesLate",
        why="no unit has been scored since",
        given={
            **leads(),
            **monitor("secom_outcome_timestamp_seconds", "1000x9000"),
            **monitor("secom_drift_window_timestamp_seconds", "900x9000"),
            **monitor("secom_drift_windows", "9x9000"),
        },
        at=4000,
        every="5m",
    ),
    Silent(
        alert="SecomOutcomesLate",
        why="outcomes follow the first window after a stop of the line",
        given={
            **leads(),
            **monitor("secom_outcome_timestamp_seconds", f"{-20 * _DAY}x70 {5 * 3600}x400"),
            **monitor("secom_drift_window_timestamp_seconds", f"{-20 * _DAY}x9 3000x590"),
            **monitor("secom_drift_windows", "9x600"),
        },
        at=100,
        every="5m",
    ),
    _FAILS,
    _REFUSED,
    _BACK,
    still(
        _BACK,
        why="a roll-out failed",
        given={**leads(), **_runs("0x9 1x90"), **_runs("5x100", "promoted")},
    ),
    still(
        _BACK,
        why="the monitor has restarted meanwhile",
        given={
            **leads("1x8 stale"),
            **_rollbacks("2x8 stale"),
            **leads("_x12 1x90", pod="b"),
            **_rollbacks("_x12 3x90", pod="b"),
        },
        at=12,
        until=None,
    ),
    Silent(
        alert="SecomPromotionRolledBack",
        why="the monitor has restarted, and knows of earlier ones",
        given={
            **leads("1x8 stale"),
            **_rollbacks("2x8 stale"),
            **leads("_x12 1x90", pod="b"),
            **_rollbacks("_x12 2x90", pod="b"),
        },
        at=30,
    ),
    Silent(
        alert="SecomRetrainingFails",
        why="trainings failed before one that did not",
        given={**leads(), **monitor("secom_retrain_failures", "1x60")},
        at=30,
    ),
    Silent(
        alert="SecomPromotionRolledBack",
        why="a promotion",
        given={
            **leads(),
            **_rollbacks("0x90"),
            **_rollbacks("0x9 1x90", kind="promotion"),
        },
        at=12,
    ),
    Silent(
        alert="SecomPromotionRolledBack",
        why="that was more than an hour ago",
        given={**leads(), **_rollbacks("2x9 3x90"), **_runs("0x9 1x90")},
        at=70,
    ),
]
