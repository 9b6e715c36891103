"""What is flagged, against what the lab can inspect."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from serving import metrics

_CAPACITY = query.known(query.predictor(metrics.CAPACITY))


def flagged_now() -> stat.Panel:
    """Show how much goes to the lab."""
    asked = query.judged(metrics.FLAGGED_SHARE, 'bound="value"')
    return (
        look.figure(
            "Share flagged",
            unit=units.PercentUnit,
            description="Units flagged per unit scored, in the newest window that the monitor has "
            "judged. Compare with the lab's capacity beside it.",
        )
        .decimals(1)
        .with_target(look.asked_now(asked, "flagged"))
    )


def capacity_now() -> stat.Panel:
    """Show how much the lab can take."""
    return (
        look.figure(
            "Lab's capacity",
            unit=units.PercentUnit,
            description="Share of units that the lab can inspect; the bundle's threshold was set "
            "so as to flag no more than this.",
        )
        .decimals(1)
        .with_target(look.asked_now(_CAPACITY, "capacity"))
    )


def share() -> timeseries.Panel:
    """Show share flagged against capacity."""
    panel = look.graph(
        "Share flagged against the lab's capacity",
        unit=units.PercentUnit,
        description="Share flagged by window, with its 95 % interval, and what the lab can "
        "inspect. The band wholly above the line: the lab's queue grows.",
    )
    panel = panel.with_target(
        look.asked(query.judged(metrics.FLAGGED_SHARE, by="bound"), "{{bound}}")
    )
    panel = panel.with_target(look.asked(_CAPACITY, "capacity"))
    return marks.dashed(marks.banded(marks.stepped(panel)), "capacity", marks.BAD).span(12)


def persists() -> statetimeline.Panel:
    """Show since when too much is flagged."""
    asked = query.judged(metrics.FLAGGED_PERSISTS, by="limit")
    return (
        look.states(
            "Too many flagged",
            description="Coloured while the share flagged stays above the lab's capacity, or "
            "above twice of it, by more than chance. Twice for long raises an alert.",
        )
        .span(6)
        .with_target(look.asked(asked, "{{limit}}"))
    )


def counts() -> timeseries.Panel:
    """Show how many units an hour."""
    panel = look.graph(
        "Units to look at",
        unit="units/h",
        description="Units flagged for inspection, and unflagged ones marked for audit, per "
        "hour. Without audits, nobody knows what escapes.",
    )
    for metric, legend in ((metrics.FLAGGED, "flagged"), (metrics.AUDITED, "audited")):
        asked = query.total(query.increase(query.predictor(metric), "1h"))
        panel = panel.with_target(look.asked(asked, legend))
    return panel.span(6)
