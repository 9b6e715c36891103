"""What the dashboards look like: every kind of panel, once.

A panel cannot be made without title, unit and description; a query not without legend.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as forms
from grafana_foundation_sdk.models import heatmap as heats
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import DataSourceRef, DataTransformerConfig
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from manifests.dashboards import marks

UNITS_PER_SECOND = "units/s"

SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")

P = TypeVar(
    "P", bargauge.Panel, heatmap.Panel, stat.Panel, statetimeline.Panel, table.Panel,
    timeseries.Panel,
)  # fmt: skip


def asked(expr: str, legend: str) -> prometheus.Dataquery:
    """Ask for a range of time."""
    return prometheus.Dataquery().expr(expr).legend_format(legend).range()


def asked_now(expr: str, legend: str) -> prometheus.Dataquery:
    """Ask for the present alone: what is gone must not look as if it were there."""
    return prometheus.Dataquery().expr(expr).legend_format(legend).instant()


def graph(title: str, *, unit: str, description: str) -> timeseries.Panel:
    """Draw lines over time."""
    panel = (
        timeseries.Panel()
        .line_width(1.5)
        .fill_opacity(8)
        .show_points(forms.VisibilityMode.NEVER)
        .axis_soft_min(0)  # else a small change fills the panel
        .legend(
            common.VizLegendOptions()
            .display_mode(forms.LegendDisplayMode.LIST)
            .placement(forms.LegendPlacement.BOTTOM)
            .calcs(["lastNotNull"])
            .show_legend(show_legend=True)
        )
        .tooltip(common.VizTooltipOptions().mode(forms.TooltipDisplayMode.MULTI))
        .span(8)
        .height(8)
    )
    return _named(panel, title, unit, description)


def figure(title: str, *, unit: str, description: str) -> stat.Panel:
    """Show one value, as it is now."""
    panel = (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(forms.BigValueColorMode.VALUE)
        .graph_mode(forms.BigValueGraphMode.NONE)
        .mappings([marks.NOTHING])
        .thresholds(marks.steps(marks.CALM))
        .span(4)
        .height(4)
    )
    return _named(panel, title, unit, description)


def named(title: str, *, description: str) -> stat.Panel:
    """Show the name of the series that is there now."""
    return figure(title, unit=units.NoUnit, description=description).text_mode(
        forms.BigValueTextMode.NAME
    )


def bars(title: str, *, unit: str, description: str) -> bargauge.Panel:
    """Draw a bar for each series, as it is now."""
    panel = (
        bargauge.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .display_mode(forms.BarGaugeDisplayMode.BASIC)
        .orientation(forms.VizOrientation.HORIZONTAL)
        .thresholds(marks.steps(marks.CALM))
        .min(0)
        .span(12)
        .height(14)
    )
    return _named(panel, title, unit, description)


def heat(title: str, *, unit: str, description: str) -> heatmap.Panel:
    """Draw how many fell into each bucket over time; the unit is the buckets'."""
    panel = (
        heatmap.Panel()
        .color(
            heatmap.HeatmapColorOptions()
            .mode(heats.HeatmapColorMode.SCHEME)
            .scheme("Blues")
            .exponent(0.4)
            .steps(64)
        )
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .cell_values(heatmap.CellValues().unit(units.Short))
        .show_legend()
        .span(12)
        .height(9)
    )
    return _named(panel, title, unit, description)


def states(title: str, *, description: str) -> statetimeline.Panel:
    """Draw a strip for each series, coloured while it is 1."""
    panel = (
        statetimeline.Panel()
        .mappings([marks.yes_or_no(yes=marks.WARNING)])
        .show_value(forms.VisibilityMode.NEVER)
        .row_height(0.8)
        .fill_opacity(80)
        .legend(
            common.VizLegendOptions()
            .display_mode(forms.LegendDisplayMode.LIST)
            .placement(forms.LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
        .span(8)
        .height(8)
    )
    return _named(panel, title, units.BoolYesNo, description)


def listing(
    title: str,
    *,
    unit: str,
    description: str,
    labels: dict[str, str],
    columns: dict[str, str],
) -> table.Panel:
    """List labels and figures, each by its heading: a label's name, a figure's query.

    Of the figures, those whose heading is empty are left out: there the labels are the news.
    """
    panel = table.Panel().transformations(
        [DataTransformerConfig(id_val="merge", options={}), _arranged(labels, tuple(columns))]
    )
    for heading, expr in columns.items():
        panel.with_target(asked_now(expr, heading or title).format(PromQueryFormat.TABLE))
    return _named(panel.span(12).height(8), title, unit, description)


def _arranged(labels: dict[str, str], columns: tuple[str, ...]) -> DataTransformerConfig:
    """Name and order columns: Grafana calls the first of some queries `Value #A`."""
    names = [f"Value #{letter}" for letter in ascii_uppercase] if len(columns) > 1 else ["Value"]
    values = dict(zip(names, columns, strict=False))
    named = {label: heading for heading, label in labels.items()}
    named |= {name: heading for name, heading in values.items() if heading}
    hidden = ["Time", *(name for name, heading in values.items() if not heading)]
    return DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": dict.fromkeys(hidden, True),
            "renameByName": named,
            "indexByName": {name: index for index, name in enumerate(named)},
        },
    )


def _named(panel: P, title: str, unit: str, description: str) -> P:
    return panel.title(title).unit(unit).description(description).datasource(SOURCE)
