"""Alerts that fire."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard, stat, statetimeline
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query

_FIRING = query.known(query.alerts(), "alertname", "severity")


def firing_now() -> stat.Panel:
    """Show how many."""
    return (
        look.figure(
            "Alerts firing",
            unit=units.Short,
            description="Alerts of this namespace that fire now. Each has a section in the "
            "runbook, to which its notice points.",
        )
        .thresholds(marks.steps(marks.GOOD, (1, marks.WARNING)))
        .with_target(look.asked_now(f"count({_FIRING}) or vector(0)", "firing"))
    )


def history() -> statetimeline.Panel:
    """Show when which fired."""
    return (
        look.states(
            "Alerts over time",
            description="Each alert's strip is coloured while it fires.",
        )
        .span(24)
        .height(7)
        .with_target(look.asked(_FIRING, "{{alertname}}"))
    )


def annotation() -> dashboard.AnnotationQuery:
    """Mark on every graph when alerts fired."""
    return (
        dashboard.AnnotationQuery()
        .name("Alerts")
        .datasource(look.SOURCE)
        .enable(enable=True)
        .icon_color(marks.BAD)
        .expr(_FIRING)
    )
