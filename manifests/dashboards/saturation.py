"""How full the server is, and how much it does."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from serving import metrics

_REJECTED = query.predictor(metrics.REJECTED)
_SCORED = query.predictor(metrics.SCORED)


def replicas_now() -> stat.Panel:
    """Show how many predictors are there."""
    return (
        look.figure(
            "Replicas up",
            unit=units.Short,
            description="Predictors that Prometheus reaches. None: nobody is served; `kubectl get "
            "pods` and the runbook's SecomPredictorDown say what to do.",
        )
        .thresholds(marks.steps(marks.BAD, (1, marks.WARNING), (2, marks.GOOD)))
        .with_target(look.asked_now(query.total(query.predictor("up")), "up"))
    )


def units_now() -> stat.Panel:
    """Show how many units are scored."""
    return look.figure(
        "Units scored",
        unit=look.UNITS_PER_SECOND,
        description="Units scored per second over the last five minutes; a request may carry many.",
    ).with_target(look.asked_now(query.total(query.rate(_SCORED, "5m")), "units"))


def queue() -> timeseries.Panel:
    """Show how many requests wait."""
    return look.graph(
        "Requests in work",
        unit=units.Short,
        description="Requests that have arrived and are not answered, by replica. It follows "
        "the load; growing without end, the replica cannot keep up.",
    ).with_target(look.asked(query.total(query.predictor(metrics.QUEUE_DEPTH), "pod"), "{{pod}}"))


def rejected() -> timeseries.Panel:
    """Show how many are turned away."""
    return look.graph(
        "Turned away",
        unit=units.RequestsPerSecond,
        description="Requests refused because the server was full, by what was full: the queue, "
        "memory for requests, or places for long ones. Add replicas if it lasts.",
    ).with_target(look.asked(query.total(query.rate(_REJECTED), "reason"), "{{reason}}"))


def scored() -> timeseries.Panel:
    """Show how the load is spread over replicas."""
    return look.graph(
        "Units scored by replica",
        unit=look.UNITS_PER_SECOND,
        description="Units scored per second. Replicas should share the load evenly: over gRPC, "
        "long-lived connections may stick to one.",
    ).with_target(look.asked(query.total(query.rate(_SCORED), "pod"), "{{pod}}"))
