"""Pipeline runs: what was asked for, and what came of it."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from manifests.rules.lifecycle import FAILURES_AT_MOST, REFUSALS_AT_MOST
from serving import metrics


def going_now() -> stat.Panel:
    """Show what runs."""
    asked = query.total(query.judged(metrics.RUNS_GOING, by="pipeline"))
    return look.figure(
        "Runs under way",
        unit=units.Short,
        description="Trainings and batches that the monitor started and that go on. At most one "
        "training runs at a time.",
    ).with_target(look.asked_now(asked, "runs"))


def failures_now() -> stat.Panel:
    """Show whether trainings fail."""
    asked = query.judged(metrics.RETRAIN_FAILURES)
    return (
        look.figure(
            "Trainings failed in a row",
            unit=units.Short,
            description="Trainings that failed since the last one that ended. Kubeflow shows at "
            "which stage, the runbook's SecomRetrainingFails what to do.",
        )
        .thresholds(marks.steps(marks.GOOD, (1, marks.WARNING), (FAILURES_AT_MOST + 1, marks.BAD)))
        .with_target(look.asked_now(asked, "failed"))
    )


def refusals_now() -> stat.Panel:
    """Show whether the gate lets nothing through."""
    asked = query.judged(metrics.RETRAIN_REFUSALS)
    return (
        look.figure(
            "Challengers refused in a row",
            unit=units.Short,
            description="Trainings since the last promotion whose challenger the gate did not let "
            "through. Some are usual; many mean that data, not models, are what is needed.",
        )
        .thresholds(marks.steps(marks.GOOD, (REFUSALS_AT_MOST + 1, marks.WARNING)))
        .with_target(look.asked_now(asked, "refused"))
    )


def ended() -> timeseries.Panel:
    """Show how they ended."""
    asked = query.judged(metrics.RUNS, by="pipeline, outcome")
    return marks.accumulated(
        look.graph(
            "Runs by outcome",
            unit=units.Short,
            description="Runs ended since the beginning. Trainings: promoted, kept (the champion "
            "stays), none (no challenger), rolled_back or failed; batches: done or failed.",
        ).span(12)
    ).with_target(look.asked(asked, "{{pipeline}} {{outcome}}"))


def asked_for() -> timeseries.Panel:
    """Show who asked, and what was answered."""
    within_a_day = query.increase(query.monitor(metrics.RETRAINS_ASKED), "1d")
    asked = f"round({query.total(within_a_day, 'source', 'answer')}) > 0"
    return marks.accumulated(
        look.graph(
            "Trainings asked for within a day",
            unit=units.Short,
            description="Requests of the last 24 hours, by who asked (an alert, a person, new "
            "outcomes) and the answer. Queued for long: Kubeflow is away.",
        ).span(12)
    ).with_target(look.asked(asked, "{{source}}: {{answer}}"))
