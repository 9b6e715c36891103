"""Live performance: what outcomes say of the champion."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from serving import metrics

_STATE = query.judged(metrics.LIVE_STATE, by="state")


def auc_now() -> stat.Panel:
    """Show how well the champion ranks."""
    return (
        look.figure(
            "Live AUC",
            unit=units.NoUnit,
            description="Chance that a fail got a higher risk than a pass, from the outcomes of "
            "the rolling window, weighted by how likely each unit was looked at. 0.5 is guessing.",
        )
        .decimals(2)
        .with_target(look.asked_now(_of("auc", 'bound="value"'), "AUC"))
    )


def promised_now() -> stat.Panel:
    """Show how well it was to rank."""
    asked = query.judged(metrics.PROMISED, 'bound="value"')
    return (
        look.figure(
            "Promised AUC",
            unit=units.NoUnit,
            description="AUC on the champion's card, from the holdout that it was judged on.",
        )
        .decimals(2)
        .with_target(look.asked_now(asked, "promised"))
    )


def auc() -> timeseries.Panel:
    """Show AUC against what was promised."""
    panel = _figure_over_time(
        "auc",
        "AUC against what was promised",
        "Live AUC with its interval, the AUC on the champion's card, and the lower end of "
        "that. The band wholly below the lower end raises an alert and asks for a training.",
    )
    promised = query.judged(metrics.PROMISED, 'bound=~"value|low"', by="bound")
    panel = panel.with_target(look.asked(promised, "promised {{bound}}"))
    panel = marks.dashed(panel, "promised value", marks.GOOD)
    return marks.dashed(panel, "promised low", marks.BAD).axis_soft_min(0.4).max(1).span(12)


def capture() -> timeseries.Panel:
    """Show how many fails are caught."""
    return (
        _figure_over_time(
            "capture_rate",
            "Capture rate",
            "Flagged fails among all fails, with interval. The rest reach the final test.",
        )
        .unit(units.PercentUnit)
        .span(12)
        .max(1)
    )


def escapes() -> timeseries.Panel:
    """Show how many fails get by."""
    return (
        _figure_over_time(
            "escape_rate",
            "Escape rate",
            "Fails among the units that were not flagged, with interval; known only from "
            "audits and the final test.",
        )
        .unit(units.PercentUnit)
        .span(12)
    )


def calibration() -> timeseries.Panel:
    """Show whether risks are right in size."""
    panel = _figure_over_time(
        "calibration_slope",
        "Calibration slope",
        "Whether risks are right in size, with interval: at 1 they are; below, high risks are "
        "too high and low ones too low; at 0 they say nothing.",
    )
    return marks.limits(panel, (1, marks.GOOD)).span(12)


def state() -> statetimeline.Panel:
    """Show whether anything can be said."""
    return (
        look.states(
            "What live performance rests on",
            description="Coloured while it is so: estimated, or why not. Without audited passes "
            "the unflagged are unknown: raise the audit share, or post their outcomes.",
        )
        .mappings([marks.yes_or_no(yes=marks.CALM)])
        .span(12)
        .with_target(look.asked(_STATE, "{{state}}"))
    )


def state_now() -> stat.Panel:
    """Show in which state it is."""
    return look.named(
        "Live performance is",
        description="Estimated, or why it cannot be: too few outcomes yet, or no audited passes.",
    ).with_target(look.asked_now(f"{_STATE} == 1", "{{state}}"))


def _of(figure: str, *matchers: str) -> str:
    return query.judged(metrics.LIVE, f'figure="{figure}"', *matchers, by="bound")


def _figure_over_time(figure: str, title: str, description: str) -> timeseries.Panel:
    panel = look.graph(title, unit=units.NoUnit, description=description)
    asked = look.asked(_of(figure), "{{bound}}")
    return marks.banded(marks.stepped(panel)).decimals(2).with_target(asked)
