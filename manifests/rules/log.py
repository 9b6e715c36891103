"""What predictions leave behind: without it there is no drift, no performance and no training."""

from __future__ import annotations

from manifests.rules.rule import Alert
from manifests.rules.selecting import predictor
from serving import metrics

BACKLOG_AT_MOST_SECONDS = 15 * 60


def log_stuck() -> Alert:
    """Tell of records that do not reach the object store."""
    return Alert(
        name="SecomPredictionLogStuck",
        expr=f"max by (pod) ({predictor(metrics.BACKLOG_SECONDS)}) > {BACKLOG_AT_MOST_SECONDS}",
        hold="5m",
        severity="ticket",
        summary="Prediction records do not reach the object store",
        description="""
            The oldest record on pod {{ $labels.pod }} is {{ $value | humanizeDuration }} old. If
            the node is lost, so are they; when the log is full, units are scored and not recorded.
            Dashboard Service: prediction log.
        """,
    )


def units_unrecorded() -> Alert:
    """Page when records are lost, and go on being lost."""
    return Alert(
        name="SecomPredictionsUnrecorded",
        expr=f"sum(increase({predictor(metrics.UNRECORDED)}[15m])) > 0",
        # As long as the window: a single mishap wakes nobody.
        hold="15m",
        severity="page",
        summary="Units are scored and not recorded",
        description="""
            {{ $value | humanize }} units of the last 15 minutes are in no record and never will be:
            they are missing to drift, live performance and the next training. Predictions go on.
            Dashboard Service: prediction log.
        """,
    )
