"""Which bundles answer."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from manifests.rules.predictor import OLD_AFTER_DAYS
from serving import metrics

_BUNDLE = query.predictor(metrics.BUNDLE)


def age_now() -> stat.Panel:
    """Show how old the bundle is."""
    trained = query.known(query.predictor(metrics.BUNDLE_TRAINED))
    return (
        look.figure(
            "Bundle's age",
            unit=units.Seconds,
            description="Time since the bundle that answers was trained. The line drifts all the "
            "time: a bundle of months has seen little of what it judges.",
        )
        .decimals(1)
        .thresholds(marks.steps(marks.GOOD, (OLD_AFTER_DAYS * 86400, marks.BAD)))
        .with_target(look.asked_now(query.age(trained), "age"))
    )


def answering() -> timeseries.Panel:
    """Show how replicas went from one bundle to the next."""
    replicas = query.with_bundle(f"count by (digest) ({_BUNDLE})")
    return marks.accumulated(
        look.graph(
            "Replicas by bundle",
            unit=units.Short,
            description="How many replicas answer from which bundle. Two at once are a "
            "roll-out under way; two for long are one that hangs.",
        )
    ).with_target(look.asked(replicas, "{{bundle}}"))


def now() -> table.Panel:
    """Show where each replica's bundle comes from."""
    asked = f"count by (pod, digest, run_id, data_digest, trained_at) ({_BUNDLE})"
    return look.listing(
        "Bundles that answer",
        unit=units.NoUnit,
        description="Each replica's bundle: its digest, the run and data that it was made of, "
        "and when. `secom trace` goes from a unit to the same.",
        labels={
            "replica": "pod",
            "bundle": "digest",
            "run": "run_id",
            "data": "data_digest",
            "trained": "trained_at",
        },
        columns={"": asked},
    ).span(16)
