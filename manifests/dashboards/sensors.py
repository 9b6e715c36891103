"""Single sensors: those that drift most, and those that are chosen."""

from __future__ import annotations

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from serving import metrics

_TOP = 20
_CHOSEN = 'sensor=~"$sensor"'
_DRILL_DOWN = (
    "/d/secom-data?${datasource:queryparam}&${namespace:queryparam}&${model:queryparam}"
    "&${__url_time_range}&var-sensor=${__field.labels.sensor}"
)


def _by_sensor(metric: str, *matchers: str) -> str:
    return query.judged(metric, *matchers, by="sensor")


def _top(metric: str) -> str:
    return f"topk({_TOP}, {_by_sensor(metric)})"


def _of_the_top(metric: str) -> str:
    return f"{_by_sensor(metric)} and on (sensor) {_top(metrics.SENSOR_PSI)}"


def top_psi() -> bargauge.Panel:
    """Show who drifts most."""
    return (
        look.bars(
            "Top 20 by PSI",
            unit=units.NoUnit,
            description="Sensors whose newest window differs most from the reference: 0.1 is "
            "noticeable, 0.25 is large. Choose one to see its history below.",
        )
        .thresholds(marks.steps(marks.CALM, (0.1, marks.WARNING), (0.25, marks.BAD)))
        .data_links([dashboard.DashboardLink("Its history").url(_DRILL_DOWN)])
        .with_target(look.asked_now(f"sort_desc({_top(metrics.SENSOR_PSI)})", "{{sensor}}"))
    )


def worst() -> table.Panel:
    """Show how they drift."""
    panel = look.listing(
        "What became of them",
        unit=units.PercentUnit,
        description="For the same sensors: how far the median moved through the reference's "
        "ranks (50 % is all the way up), how often they are not measured, and whether they count "
        "as drifting, which takes more than one window.",
        labels={"sensor": "sensor"},
        columns={
            "PSI": _top(metrics.SENSOR_PSI),
            "shift": _of_the_top(metrics.SENSOR_SHIFT),
            "missing": _of_the_top(metrics.SENSOR_MISSING),
            "drifts": _of_the_top(metrics.SENSOR_DRIFTING),
        },
    )
    panel = marks.in_unit(panel, "PSI", units.NoUnit)
    panel = marks.in_unit(panel, "drifts", units.BoolYesNo)
    largest_first = common.TableSortByFieldState().display_name("PSI").desc(desc=True)
    return panel.decimals(2).sort_by([largest_first]).height(14)


def top_missing() -> bargauge.Panel:
    """Show who is silent."""
    return (
        look.bars(
            "Top 20 by readings missing",
            unit=units.PercentUnit,
            description="Share of the newest window in which the sensor was not measured. Many "
            "are sparse by design: what counts is the change, which PSI holds.",
        )
        .max(1)
        .data_links([dashboard.DashboardLink("Its history").url(_DRILL_DOWN)])
        .with_target(look.asked_now(f"sort_desc({_top(metrics.SENSOR_MISSING)})", "{{sensor}}"))
    )


def psi() -> timeseries.Panel:
    """Show how far the chosen sensor drifted."""
    panel = look.graph(
        "PSI of $sensor",
        unit=units.NoUnit,
        description="Population stability index of each window against the reference.",
    ).with_target(look.asked(_by_sensor(metrics.SENSOR_PSI, _CHOSEN), "{{sensor}}"))
    limited = marks.limits(panel, (0.1, marks.WARNING), (0.25, marks.BAD))
    return marks.stepped(limited).span(12).axis_soft_max(0.3)


def shift() -> timeseries.Panel:
    """Show which way it went."""
    asked = _by_sensor(metrics.SENSOR_SHIFT, _CHOSEN)
    return (
        marks.stepped(
            look.graph(
                "Shift of the median of $sensor",
                unit=units.PercentUnit,
                description="How far the median moved through the reference's ranks: +50 % is "
                "beyond all that the reference had, 0 is where it was.",
            )
        )
        .span(12)
        .axis_centered_zero(axis_centered_zero=True)
        .with_target(look.asked(asked, "{{sensor}}"))
    )


def missing() -> timeseries.Panel:
    """Show whether it is measured."""
    asked = _by_sensor(metrics.SENSOR_MISSING, _CHOSEN)
    return (
        marks.stepped(
            look.graph(
                "Readings missing of $sensor",
                unit=units.PercentUnit,
                description="Share of each window in which the sensor was not measured.",
            )
        )
        .span(12)
        .with_target(look.asked(asked, "{{sensor}}"))
    )


def drifts() -> statetimeline.Panel:
    """Show since when it counts as drifting."""
    asked = _by_sensor(metrics.SENSOR_DRIFTING, _CHOSEN)
    return (
        look.states(
            "$sensor drifts",
            description="Coloured while the sensor counts as drifting: beyond chance over all "
            "sensors, persistently, and by a PSI of 0.1 or more.",
        )
        .span(12)
        .with_target(look.asked(asked, "{{sensor}}"))
    )
