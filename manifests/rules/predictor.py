"""Whether predictors are there, with a bundle that is young enough, and fed with readings."""

from __future__ import annotations

from manifests.rules.rule import Alert, Recording
from manifests.rules.selecting import known, predictor, recorded
from serving import metrics

UP = "up"
"""Prometheus' own: 1 while a pod can be scraped, 0 while it cannot."""
OLD_AFTER_DAYS = 90
"""The data span three months: nothing is known about bundles that are older."""
MISSING_AT_MOST, FEWEST_UNITS = 0.1, 50
"""In UCI's data, 4.5 % are missing, and never more than 7 % in 50 units on end."""

_MISSING = "secom:readings_missing:ratio_rate6h"


def predictor_down() -> Alert:
    """Page when nobody answers, though somebody has or should."""
    return Alert(
        name="SecomPredictorDown",
        # A new installation has nothing to serve before its first champion.
        expr=f"""
            absent(sum({predictor(UP)} == 1))
            and (
              max(max_over_time({predictor(UP)}[3d])) == 1
              or {known(metrics.CHAMPION)} == 1
            )
        """,
        hold="2m",
        severity="page",
        summary="No predictor answers",
        description="""
            Prometheus has reached no replica for 2 minutes: no unit is judged and none is flagged
            for inspection. Dashboard Service: replicas.
        """,
    )


def replica_down() -> Alert:
    """Tell of a replica that is down or comes and goes; others may answer in its place."""
    up = predictor(UP)
    return Alert(
        name="SecomPredictorReplicaDown",
        # A pod that is gone for good is not down.
        expr=f"max by (pod) (avg_over_time({up}[15m])) < 0.8\nand on (pod) {up}",
        hold="15m",
        severity="ticket",
        summary="A replica of the predictor is down or restarts again and again",
        description="""
            Pod {{ $labels.pod }} could be reached {{ $value | humanizePercentage }} of the last 15
            minutes. Dashboard Service: replicas.
        """,
    )


def bundle_old() -> Alert:
    """Tell of a champion that no challenger has followed for too long."""
    return Alert(
        name="SecomBundleOld",
        expr=f"time() - min({predictor(metrics.BUNDLE_TRAINED)}) > {OLD_AFTER_DAYS} * 86400",
        hold="1h",
        severity="ticket",
        summary=f"The bundle that serves is older than {OLD_AFTER_DAYS} days",
        description="""
            It was trained {{ $value | humanizeDuration }} ago, and this line drifts within weeks.
            Dashboard Lifecycle: bundle history, runs and verdicts say why none has followed.
        """,
    )


def missing_share() -> Recording:
    """Reckon the share of readings that were not measured."""
    missing, readings = predictor(metrics.MISSING), predictor(metrics.READINGS)
    return Recording(name=_MISSING, expr=f"sum(rate({missing}[6h])) / sum(rate({readings}[6h]))")


def readings_missing() -> Alert:
    """Tell of units that come with holes."""
    return Alert(
        name="SecomReadingsMissing",
        expr=f"""
            {recorded(_MISSING)} > {MISSING_AT_MOST}
            and on () sum(increase({predictor(metrics.SCORED)}[6h])) >= {FEWEST_UNITS}
        """,
        hold="15m",
        severity="ticket",
        summary="Far more readings are missing than usual",
        description="""
            {{ $value | humanizePercentage }} of the readings of the last 6 hours were not measured;
            4.5% is usual. Risks of such units are worth little: look for a tool, a file or a column
            that no longer arrives. Dashboard Data: missingness, by sensor.
        """,
    )
