"""Readings as they come: missing, or out of what the reference had."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from manifests.rules.predictor import MISSING_AT_MOST
from serving import metrics


def _share(metric: str, over: str = "$__rate_interval") -> str:
    part, whole = (
        query.total(query.rate(query.predictor(each), over)) for each in (metric, metrics.READINGS)
    )
    return query.share(part, whole)


def missing_now() -> stat.Panel:
    """Show how many are not measured."""
    return (
        look.figure(
            "Readings missing",
            unit=units.PercentUnit,
            description="Share of readings, over all sensors, that were not measured in the last "
            "hour. Some 5 % are usual on this line.",
        )
        .decimals(1)
        .with_target(look.asked_now(_share(metrics.MISSING, "1h"), "missing"))
    )


def missing() -> timeseries.Panel:
    """Show how that went."""
    panel = look.graph(
        "Readings missing",
        unit=units.PercentUnit,
        description="Share of readings that were not measured. A step up is a station that "
        "stopped reporting, or a client that sends fewer sensors; above the line is an alert.",
    ).with_target(look.asked(_share(metrics.MISSING), "missing"))
    limited = marks.limits(panel, (MISSING_AT_MOST, marks.BAD))
    return limited.span(6).height(14).axis_soft_max(MISSING_AT_MOST)


def out_of_reference() -> timeseries.Panel:
    """Show how many are like nothing seen before."""
    return (
        look.graph(
            "Readings out of the reference's range",
            unit=units.PercentUnit,
            description="Share of readings below the least or above the largest of the reference "
            "window. A step up is a unit of measure, a recalibration or a broken sensor.",
        )
        .span(6)
        .height(14)
        .with_target(look.asked(_share(metrics.OUT_OF_REFERENCE), "out of range"))
    )
