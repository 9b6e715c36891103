"""Predictors that are down, old, fed with holes, or leave nothing behind."""

from tests.manifests.alerting.case import (
    Case,
    Fires,
    Silent,
    counting,
    leads,
    monitor,
    predictor,
    still,
)

_DAY = 86400


def _up(values: str, *, pod: str = "a") -> dict[str, str]:
    return predictor("up", values, pod=pod)


def _readings(all_of_them: str, missing: str, units: str, *, pod: str = "a") -> dict[str, str]:
    return {
        **predictor("secom_readings_total", all_of_them, pod=pod),
        **predictor("secom_readings_missing_total", missing, pod=pod),
        **predictor("secom_units_scored_total", units, pod=pod),
    }


_DOWN = Fires(
    alert="SecomPredictorDown",
    given={**_up("1x9 0x60"), **_up("0x60", pod="b")},
    at=12,
    severity="page",
    summary="No predictor answers",
    description=(
        "Prometheus has reached no replica for 2 minutes: no unit is judged and none is flagged "
        "for inspection. Dashboard Service: replicas."
    ),
)
_REPLICA = Fires(
    # At the fourth minute it is missing for more than a fifth of the last 15.
    alert="SecomPredictorReplicaDown",
    given={**_up("1x19 0x60"), **_up("1x80", pod="b")},
    at=38,
    severity="ticket",
    labels={"pod": "predictor-a"},
    summary="A replica of the predictor is down or restarts again and again",
    description=(
        "Pod predictor-a could be reached 0% of the last 15 minutes. Dashboard Service: replicas."
    ),
)
_OLD = Fires(
    # An hour is 90 days old when the samples begin.
    alert="SecomBundleOld",
    given={
        **predictor("secom_bundle_trained_timestamp_seconds", f"{-90 * _DAY + 600}x200"),
        **predictor("secom_bundle_trained_timestamp_seconds", "0x200", pod="b"),
    },
    at=71,
    severity="ticket",
    summary="The bundle that serves is older than 90 days",
    description=(
        "It was trained 90d 1h 1m 0s ago, and this line drifts within weeks. Dashboard Lifecycle: "
        "bundle history, runs and verdicts say why none has followed."
    ),
)
_MISSING = Fires(
    # 10 units a minute; from minute 31 on, a fifth of their readings is missing.
    alert="SecomReadingsMissing",
    given=_readings(
        counting((200, 5900)),
        counting((31, 265), (169, 1180)),
        counting((200, 10)),
    ),
    at=64,
    severity="ticket",
    summary="Far more readings are missing than usual",
    description=(
        "12.49% of the readings of the last 6 hours were not measured; 4.5% is usual. Risks of "
        "such units are worth little: look for a tool, a file or a column that no longer arrives. "
        "Dashboard Data: missingness, by sensor."
    ),
)
_STUCK = Fires(
    alert="SecomPredictionLogStuck",
    given={
        **predictor("secom_record_backlog_seconds", "0+60x60"),
        **predictor("secom_record_backlog_seconds", "5x60", pod="b"),
    },
    at=21,
    severity="ticket",
    labels={"pod": "predictor-a"},
    summary="Prediction records do not reach the object store",
    description=(
        "The oldest record on pod predictor-a is 21m 0s old. If the node is lost, so are they; "
        "when the log is full, units are scored and not recorded. Dashboard Service: prediction "
        "log."
    ),
)
_UNRECORDED = Fires(
    alert="SecomPredictionsUnrecorded",
    given={
        **predictor("secom_units_unrecorded_total", counting((11, 0), (60, 3)), reason="full"),
        **predictor(
            "secom_units_unrecorded_total", counting((11, 0), (60, 1)), pod="b", reason="error"
        ),
    },
    at=27,
    severity="page",
    summary="Units are scored and not recorded",
    description=(
        "60 units of the last 15 minutes are in no record and never will be: they are missing to "
        "drift, live performance and the next training. Predictions go on. Dashboard Service: "
        "prediction log."
    ),
)

CASES: list[Case] = [
    _DOWN,
    still(
        _DOWN,
        why="its pods are gone",
        given={**_up("1x9 stale"), **_up("1x9 stale", pod="b")},
        at=12,
    ),
    still(
        _DOWN,
        why="no pod has ever come, and there is a champion",
        given={**leads(), **monitor("secom_champion_info", "1x20", digest="d1")},
        at=2,
    ),
    still(
        _DOWN,
        why="it has been down for almost three days",
        given=_up("1x9 0x990"),
        at=11,
        until=870,
        every="5m",
    ),
    Silent(
        alert="SecomPredictorDown",
        why="it has been away for more than three days, and nobody knows of a champion",
        given=_up("1x9 0x990"),
        at=875,
        every="5m",
    ),
    Silent(
        alert="SecomPredictorDown",
        why="one replica answers",
        given={**_up("0x30"), **_up("1x30", pod="b")},
        at=30,
    ),
    Silent(
        alert="SecomPredictorDown",
        why="the first champion's roll-out is still going on",
        given={**_up("0x30"), **leads(), **monitor("up", "1x30")},
        at=30,
    ),
    Silent(
        alert="SecomPredictorDown",
        why="a monitor that does not lead knows of a champion",
        given={**leads("0x30"), **monitor("secom_champion_info", "1x30", digest="d1")},
        at=30,
    ),
    Silent(
        alert="SecomPredictorDown",
        why="there has been no champion yet",
        given={**leads(), **monitor("up", "1x30")},
        at=30,
    ),
    _REPLICA,
    still(
        _REPLICA,
        why="it comes and goes",
        given={**_up(" ".join(["0x3 1"] * 12)), **_up("1x80", pod="b")},
        at=15,
        description=_REPLICA.description.replace("0%", "20%"),
    ),
    Silent(
        alert="SecomPredictorReplicaDown",
        why="it is gone for good",
        given={**_up("1x9 0x9 stale"), **_up("1x80", pod="b")},
        at=30,
    ),
    Silent(
        alert="SecomPredictorReplicaDown",
        why="it has only just started",
        given={**_up("0x2 1x60"), **_up("1x80", pod="b")},
        at=12,
    ),
    _OLD,
    Silent(
        alert="SecomBundleOld",
        why="it has been replaced, and the old replica is gone",
        given={
            **predictor("secom_bundle_trained_timestamp_seconds", f"{-91 * _DAY}x70 stale"),
            **predictor("secom_bundle_trained_timestamp_seconds", "_x60 0x100", pod="b"),
        },
        at=75,
    ),
    _MISSING,
    still(
        _MISSING,
        why="the replica has restarted",
        given=_readings(
            counting((31, 5900)) + " " + counting((169, 5900)),
            counting((31, 265)) + " " + counting((169, 1180)),
            counting((31, 10)) + " " + counting((169, 10)),
        ),
        at=63,
        description=_MISSING.description.replace("12.49%", "12.5%"),
    ),
    still(
        _MISSING,
        why="52 units in six hours, on two replicas",
        given={
            **_readings(counting((500, 40)), counting((500, 6)), counting((500, 0.0722))),
            **_readings(counting((500, 40)), counting((500, 6)), counting((500, 0.0722)), pod="b"),
        },
        at=362,
        description=_MISSING.description.replace("12.49%", "15%"),
    ),
    Silent(
        alert="SecomReadingsMissing",
        why="49 units in six hours",
        given=_readings(counting((400, 81)), counting((400, 40)), counting((400, 0.1361))),
        at=390,
    ),
    Silent(
        alert="SecomReadingsMissing",
        why="a tenth is missing",
        given=_readings(counting((100, 5900)), counting((100, 590)), counting((100, 10))),
        at=90,
    ),
    _STUCK,
    Silent(
        alert="SecomPredictionLogStuck",
        why="the pod that had a backlog is gone, and has shipped it",
        given=predictor("secom_record_backlog_seconds", "1200x3 stale"),
        at=20,
    ),
    Silent(
        alert="SecomPredictionLogStuck",
        why="15 minutes",
        given=predictor("secom_record_backlog_seconds", "900x60"),
        at=30,
    ),
    _UNRECORDED,
    Silent(
        alert="SecomPredictionsUnrecorded",
        why="a single mishap",
        given=predictor(
            "secom_units_unrecorded_total", counting((11, 0), (1, 4), (60, 0)), reason="error"
        ),
        at=26,
    ),
    Silent(
        alert="SecomPredictionsUnrecorded",
        why="the replica that lost units has been replaced by one that loses none",
        given={
            **predictor(
                "secom_units_unrecorded_total", counting((20, 4)) + " stale", reason="full"
            ),
            **predictor("secom_units_unrecorded_total", "_x20 0x40", pod="b", reason="full"),
        },
        at=40,
    ),
]
