"""Requests that get no result, and a server that cannot keep up."""

from __future__ import annotations

from manifests.rules.rule import Alert
from manifests.rules.selecting import predictor
from serving import metrics
from serving.predictor.limits import Limits

ERRORS_AT_MOST, FEWEST_ERRORS = 0.05, 20
REJECTED_AT_MOST, FEWEST_REJECTED = 0.01, 10
QUEUE_AT_MOST = Limits().queue // 2


def error_ratio_high() -> Alert:
    """Tell of answers that are no results, whosever fault it is."""
    errors = predictor(metrics.REQUESTS, 'code!~"200|OK"')
    return Alert(
        name="SecomErrorRatioHigh",
        expr=f"""
            sum(rate({errors}[30m]))
            / sum(rate({predictor(metrics.REQUESTS)}[30m])) > {ERRORS_AT_MOST}
            and sum(increase({errors}[30m])) >= {FEWEST_ERRORS}
        """,
        hold="5m",
        severity="ticket",
        summary="Many requests get an error for an answer",
        description="""
            {{ $value | humanizePercentage }} of the requests of the last 30 minutes got no result:
            most often a client sends what the contract does not allow, or no token. Those units are
            not judged. Dashboard Service: requests by code.
        """,
    )


def requests_rejected() -> Alert:
    """Tell of replicas that are full."""
    rejected = predictor(metrics.REJECTED)
    return Alert(
        name="SecomRequestsRejected",
        expr=f"""
            sum(rate({rejected}[10m]))
            / sum(rate({predictor(metrics.REQUESTS)}[10m])) > {REJECTED_AT_MOST}
            and sum(increase({rejected}[10m])) >= {FEWEST_REJECTED}
        """,
        hold="5m",
        severity="ticket",
        summary="The predictor turns requests away because it is full",
        description="""
            {{ $value | humanizePercentage }} of the requests of the last 10 minutes were turned
            away; clients that do not repeat them lose their units. Dashboard Service: saturation,
            by what is full.
        """,
    )


def queue_long() -> Alert:
    """Tell of a replica that is about to be full."""
    return Alert(
        name="SecomQueueLong",
        expr=f"max(avg_over_time({predictor(metrics.QUEUE_DEPTH)}[5m])) > {QUEUE_AT_MOST}",
        hold="5m",
        severity="ticket",
        summary="Requests wait for the predictor",
        description=f"""
            On one replica {{{{ $value | humanize }}}} requests waited on average over the last 5
            minutes; above {Limits().queue} they are turned away. Dashboard Service: saturation.
        """,
    )
