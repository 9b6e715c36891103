"""Drift of the sensors as a whole."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from serving import metrics

_DRIFTING = query.judged(metrics.SENSORS_DRIFTING, by="scope")
_SHARE = query.judged(metrics.DRIFT_SHARE)
_BASELINE = query.judged(metrics.DRIFT_BASELINE)


def drifting_now() -> stat.Panel:
    """Show how many sensors drift."""
    asked = query.judged(metrics.SENSORS_DRIFTING, 'scope="read"')
    return look.figure(
        "Sensors drifting",
        unit=units.Short,
        description="Of the sensors that the champion reads, how many drift: beyond chance over "
        "all sensors, in 2 of the last 5 windows and the newest, and by a PSI of 0.1 or more.",
    ).with_target(look.asked_now(asked, "read"))


def excess_now() -> stat.Panel:
    """Show whether that is more than usual."""
    return (
        look.figure(
            "Drift beyond baseline",
            unit=units.PercentUnit,
            description="Share of the sensors read that drift, less the share that drifted inside "
            "the bundle's own training window. Above 0, more drifts than it has lived with.",
        )
        .decimals(1)
        .thresholds(marks.steps(marks.GOOD, (0, marks.WARNING)))
        .with_target(look.asked_now(f"{_SHARE} - {_BASELINE}", "excess"))
    )


def windows_now() -> stat.Panel:
    """Show how much was judged."""
    return look.figure(
        "Windows judged",
        unit=units.Short,
        description="Windows of units compared with the bundle's reference since it serves. A "
        "sensor cannot be found drifting before the second.",
    ).with_target(look.asked_now(query.judged(metrics.DRIFT_WINDOWS), "windows"))


def newest_now() -> stat.Panel:
    """Show how fresh the verdict is."""
    newest = query.judged(metrics.DRIFT_WINDOW_TIME)
    return (
        look.figure(
            "Newest window's age",
            unit=units.Seconds,
            description="Time since the last unit of the newest judged window was scored. Windows "
            "go by count: at low traffic this may be long, with traffic it must not grow.",
        )
        .decimals(1)
        .with_target(look.asked_now(query.age(newest), "age"))
    )


def share() -> timeseries.Panel:
    """Show share drifting against the baseline."""
    panel = marks.stepped(
        look.graph(
            "Share of sensors drifting against baseline",
            unit=units.PercentUnit,
            description="Among the sensors that the champion reads. This line drifts all the "
            "time: what matters is more drift than inside the bundle's own training window.",
        )
    )
    panel = panel.with_target(look.asked(_SHARE, "drifting"))
    panel = panel.with_target(look.asked(_BASELINE, "baseline"))
    return marks.dashed(panel, "baseline", marks.WARNING).span(12)


def drifting() -> timeseries.Panel:
    """Show how many drift."""
    return (
        marks.stepped(
            look.graph(
                "Sensors drifting",
                unit=units.Short,
                description="Sensors that drift: of all, and of those that the champion reads. "
                "Only the latter can change its risks.",
            )
        )
        .span(12)
        .with_target(look.asked(_DRIFTING, "{{scope}}"))
    )
