"""Rate, errors and duration of requests, by protocol."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap, stat, timeseries
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from manifests.dashboards import look, marks, query
from manifests.rules.objectives import FAULTS, FAULTS_ALLOWED, SLOW_ABOVE_SECONDS
from serving import metrics

_NOW = "5m"
_ANSWERED = query.predictor(metrics.REQUESTS)
_FAULTY = query.predictor(metrics.REQUESTS, *FAULTS)
_REJECTED = query.predictor(metrics.REJECTED)
_BUCKETS = f"{metrics.STAGE_SECONDS}_bucket"
_WHOLE = query.predictor(_BUCKETS, 'stage="whole"')
_STAGES = query.predictor(_BUCKETS, 'stage!="whole"')


def rate_now() -> stat.Panel:
    """Show how many requests come."""
    return look.figure(
        "Requests",
        unit=units.RequestsPerSecond,
        description="Inference requests answered per second over the last five minutes, all "
        "protocols and codes. None at all, with the line running, means that clients do not "
        "get through: look at replicas.",
    ).with_target(look.asked_now(query.total(query.rate(_ANSWERED, _NOW)), "requests"))


def errors_now() -> stat.Panel:
    """Show how many go wrong."""
    return (
        look.figure(
            "Server's faults",
            unit=units.PercentUnit,
            description="Share of requests of the last five minutes that failed by the server's "
            "fault or were turned away because it was full. What clients did wrong does not count.",
        )
        .decimals(2)
        .thresholds(
            marks.steps(
                marks.GOOD, (FAULTS_ALLOWED, marks.WARNING), (10 * FAULTS_ALLOWED, marks.BAD)
            )
        )
        .with_target(look.asked_now(_share_faulty(_NOW), "faults"))
    )


def slowest_now() -> stat.Panel:
    """Show how long the slowest hundredth takes."""
    buckets = query.total(query.rate(_WHOLE, _NOW), "le")
    return (
        look.figure(
            "p99 latency",
            unit=units.Seconds,
            description="Of the requests of the last five minutes, 99 in 100 took no longer than "
            f"this inside the server; {SLOW_ABOVE_SECONDS * 1000:g} ms is the objective. Network "
            "and client come on top.",
        )
        .thresholds(marks.steps(marks.GOOD, (SLOW_ABOVE_SECONDS, marks.BAD)))
        .with_target(look.asked_now(f"histogram_quantile(0.99, {buckets})", "p99"))
    )


def rates() -> timeseries.Panel:
    """Show rate by protocol."""
    return look.graph(
        "Requests by protocol",
        unit=units.RequestsPerSecond,
        description="Inference requests answered per second. A step down to nothing on one "
        "protocol only is that protocol's clients or port.",
    ).with_target(look.asked(query.total(query.rate(_ANSWERED), "protocol"), "{{protocol}}"))


def answers() -> timeseries.Panel:
    """Show what was answered."""
    return marks.stacked(
        look.graph(
            "Answers by code",
            unit=units.RequestsPerSecond,
            description="HTTP status or gRPC code of the answers. 4xx and INVALID_ARGUMENT are "
            "clients' mistakes; 503 and RESOURCE_EXHAUSTED mean full: see Saturation.",
        )
    ).with_target(
        look.asked(query.total(query.rate(_ANSWERED), "protocol", "code"), "{{protocol}} {{code}}")
    )


def errors() -> timeseries.Panel:
    """Show errors against what is promised."""
    panel = look.graph(
        "Server's faults",
        unit=units.PercentUnit,
        description="Share of requests that failed by the server's fault or were turned away. The "
        f"objective allows {FAULTS_ALLOWED:.1%} over 30 days: above the line, the error budget "
        "shrinks.",
    ).with_target(look.asked(_share_faulty(), "faults"))
    return marks.limits(panel, (FAULTS_ALLOWED, marks.BAD)).axis_soft_max(2 * FAULTS_ALLOWED)


def latencies() -> timeseries.Panel:
    """Show duration by protocol."""
    panel = look.graph(
        "Latency by protocol",
        unit=units.Seconds,
        description="Time from a request's arrival to its answer, inside the server: half of the "
        "requests, and all but one in a hundred, took no longer. The line is what p99 should be.",
    ).span(12)
    for level, name in ((0.5, "p50"), (0.99, "p99")):
        asked = query.quantile(level, _WHOLE, "protocol")
        panel = panel.with_target(look.asked(asked, f"{{{{protocol}}}} {name}"))
    return marks.limits(panel, (SLOW_ABOVE_SECONDS, marks.BAD))


def stages() -> timeseries.Panel:
    """Show where the time goes."""
    return (
        look.graph(
            "p99 latency by stage",
            unit=units.Seconds,
            description="Which stage is slow: decode grows with the request's size, judge with "
            "its units; what the whole takes beyond these is waiting for a turn.",
        )
        .span(12)
        .with_target(
            look.asked(query.quantile(0.99, _STAGES, "protocol", "stage"), "{{protocol}} {{stage}}")
        )
    )


def spread() -> heatmap.Panel:
    """Show how latencies spread."""
    asked = look.asked(query.total(query.increase(_WHOLE), "le"), "{{le}}")
    return look.heat(
        "Spread of latencies",
        unit=units.Seconds,
        description="Requests by how long they took, all protocols. A second band above the "
        "first is a second kind of request, or a queue.",
    ).with_target(asked.format(PromQueryFormat.HEATMAP))


def _share_faulty(over: str = "$__rate_interval") -> str:
    faulty = query.total(f"{query.rate(_FAULTY, over)} or {query.rate(_REJECTED, over)}")
    return query.share(faulty, query.total(query.rate(_ANSWERED, over)))
