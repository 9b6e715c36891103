"""Risks: how they spread, and whether they drift."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap, stat, timeseries
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from manifests.dashboards import look, marks, query
from serving import metrics

_BUCKETS = query.predictor(f"{metrics.RISK}_bucket")


def drifting_now() -> stat.Panel:
    """Show whether risks drift."""
    return (
        look.figure(
            "Risks drift",
            unit=units.BoolYesNo,
            description="Whether the newest window's risks differ from those that the threshold "
            "was set on, persistently and by more than chance. If so, a training is asked for.",
        )
        .mappings([marks.yes_or_no(yes=marks.BAD, no=marks.GOOD), marks.NOTHING])
        .with_target(look.asked_now(query.judged(metrics.RISK_DRIFTING), "drift"))
    )


def spread() -> heatmap.Panel:
    """Show how risks spread."""
    asked = look.asked(query.total(query.increase(_BUCKETS), "le"), "{{le}}")
    return look.heat(
        "Spread of risks",
        unit=units.PercentUnit,
        description="Units by risk. Most should lie low, a few high; the whole moving up or down "
        "together is drift of the line or of a sensor that the bundle leans on.",
    ).with_target(asked.format(PromQueryFormat.HEATMAP))


def quantiles() -> timeseries.Panel:
    """Show where the bulk and the tail are."""
    panel = look.graph(
        "Quantiles of risk",
        unit=units.PercentUnit,
        description="Risk of the unit in the middle, and of the ones that only a tenth and a "
        "hundredth exceed. Units above the threshold go to the lab.",
    )
    for level, name in ((0.99, "p99"), (0.9, "p90"), (0.5, "p50")):
        panel = panel.with_target(look.asked(query.quantile(level, _BUCKETS), name))
    return panel.span(6).height(9)


def psi() -> timeseries.Panel:
    """Show how far risks have drifted."""
    panel = look.graph(
        "Drift of risks (PSI)",
        unit=units.NoUnit,
        description="Population stability index of the newest window's risks against those that "
        "the threshold was set on: 0.1 is noticeable, 0.25 is large (half a sigma).",
    ).with_target(look.asked(query.judged(metrics.RISK_PSI), "risk"))
    limited = marks.limits(panel, (0.1, marks.WARNING), (0.25, marks.BAD))
    return marks.stepped(limited).span(6).height(9).axis_soft_max(0.3)
