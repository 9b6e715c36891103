"""The champion, and how it changed."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from serving import metrics

_CHANGES = query.judged(metrics.CHAMPION_CHANGES, by="kind")


def now() -> stat.Panel:
    """Show which bundle is champion."""
    asked = query.with_bundle(query.judged(metrics.CHAMPION, by="digest"))
    return look.named(
        "Champion",
        description="Digest of the bundle that the store points to, its first twelve digits. "
        "Replicas that answer from another are being rolled out, or hang.",
    ).with_target(look.asked_now(asked, "{{bundle}}"))


def history() -> statetimeline.Panel:
    """Show which bundle was champion when."""
    asked = query.with_bundle(query.judged(metrics.CHAMPION, by="digest"))
    panel = look.states(
        "Champion over time",
        description="Each bundle's strip is coloured while it is champion. A short one is a "
        "promotion that was rolled back.",
    )
    return panel.mappings([marks.yes_or_no(yes=marks.GOOD)]).with_target(
        look.asked(asked, "{{bundle}}")
    )


def changes() -> timeseries.Panel:
    """Show how often it changed."""
    return marks.accumulated(
        look.graph(
            "Changes of the champion",
            unit=units.Short,
            description="Promotions and rollbacks since the beginning. A rollback raises an "
            "alert: the runbook's SecomPromotionRolledBack says what to look at.",
        )
    ).with_target(look.asked(_CHANGES, "{{kind}}"))
