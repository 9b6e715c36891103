"""Outcomes: how many came, and how."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from serving import metrics


def joined() -> timeseries.Panel:
    """Show how they came."""
    asked = query.judged(metrics.OUTCOMES_JOINED, by="how")
    return marks.accumulated(
        look.graph(
            "Outcomes in the window by how they came",
            unit=units.Short,
            description="Inspected because flagged, audited by chance, or all by the final "
            "test. Inspections alone say nothing of what escapes.",
        )
    ).with_target(look.asked(asked, "{{how}}"))


def taken() -> timeseries.Panel:
    """Show what they said."""
    asked = query.judged(metrics.OUTCOMES, by="result")
    return marks.stepped(
        look.graph(
            "Outcomes taken in",
            unit=units.Short,
            description="Outcomes stored since the beginning, by result. Flat while units are "
            "scored: the lab's reports do not get here.",
        )
    ).with_target(look.asked(asked, "{{result}}"))


def late() -> timeseries.Panel:
    """Show whether they keep coming, and match."""
    last = query.judged(metrics.OUTCOME_TIME)
    return look.graph(
        "Time since the last outcome",
        unit=units.Seconds,
        description="Grows while the lab reports nothing. Live performance then speaks of a past "
        "that moves away.",
    ).with_target(look.asked(query.age(last), "last outcome"))


def unmatched_now() -> stat.Panel:
    """Show which match nothing."""
    asked = query.judged(metrics.OUTCOMES_UNMATCHED)
    return (
        look.figure(
            "Outcomes unmatched",
            unit=units.Short,
            description="Outcomes of units that no prediction is known of: scored elsewhere, not "
            "shipped yet, or ids that the lab writes otherwise than the line. They are kept.",
        )
        .thresholds(marks.steps(marks.CALM, (1, marks.WARNING)))
        .with_target(look.asked_now(asked, "unmatched"))
    )
