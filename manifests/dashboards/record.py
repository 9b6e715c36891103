"""The prediction log: what is written, and what waits to be shipped."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from manifests.rules.log import BACKLOG_AT_MOST_SECONDS
from serving import metrics

_BACKLOG_SECONDS = query.predictor(metrics.BACKLOG_SECONDS)


def lag_now() -> stat.Panel:
    """Show what a lost pod would lose."""
    return (
        look.figure(
            "Log unshipped",
            unit=units.Seconds,
            description="Age of the oldest prediction record that is not in the object store yet: "
            "what would be lost with the pod. Beyond a few minutes, look at the shipper's log.",
        )
        .thresholds(marks.steps(marks.GOOD, (BACKLOG_AT_MOST_SECONDS, marks.BAD)))
        .with_target(look.asked_now(query.known(_BACKLOG_SECONDS), "oldest"))
    )


def written() -> timeseries.Panel:
    """Show whether every unit leaves a record."""
    panel = look.graph(
        "Units recorded",
        unit=look.UNITS_PER_SECOND,
        description="Units scored, and those of them written to the prediction log. A gap "
        "between the two is units that nobody can trace, join with outcomes or train on.",
    )
    for metric, legend in ((metrics.SCORED, "scored"), (metrics.RECORDED, "recorded")):
        asked = query.total(query.rate(query.predictor(metric)))
        panel = panel.with_target(look.asked(asked, legend))
    return panel


def unwritten() -> timeseries.Panel:
    """Show why records are missing."""
    asked = query.total(query.increase(query.predictor(metrics.UNRECORDED)), "reason")
    return look.graph(
        "Units not recorded",
        unit=units.Short,
        description="Units answered without a record, by reason: the log is full because the "
        "store is away, or its disk fails. Nothing but 0 is fine.",
    ).with_target(look.asked(asked, "{{reason}}"))


def backlog() -> timeseries.Panel:
    """Show how much waits."""
    asked = query.total(query.predictor(metrics.BACKLOG_BYTES), "pod")
    return look.graph(
        "Log waiting to be shipped",
        unit=units.BytesIEC,
        description="Bytes that the prediction log holds and the object store does not, by "
        "replica. A saw is fine; a ramp is a store out of reach, until the log is full.",
    ).with_target(look.asked(asked, "{{pod}}"))


def lag() -> timeseries.Panel:
    """Show how long it waits."""
    asked = query.known(_BACKLOG_SECONDS, "pod")
    return look.graph(
        "Oldest record not shipped",
        unit=units.Seconds,
        description="Age of the oldest prediction record that only the pod has, by replica.",
    ).with_target(look.asked(asked, "{{pod}}"))
