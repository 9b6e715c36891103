"""What makes a panel quick to read: colours, limits, bands, words for 0 and 1."""

from __future__ import annotations

from grafana_foundation_sdk.builders import common, dashboard, table, timeseries
from grafana_foundation_sdk.models import common as forms
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    FieldColorModeId,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

GOOD, WARNING, BAD, CALM = "green", "orange", "red", "blue"

NOTHING = SpecialValueMap(
    DashboardSpecialValueMapOptions(
        match=SpecialValueMatch.NULL_AND_NAN,
        result=ValueMappingResult(text="none", color="text", index=0),
    )
)
"""What to write where nothing is known, or nothing happened that a share could be of."""


def yes_or_no(*, yes: str, no: str = "transparent") -> ValueMap:
    """Write 1 and 0 as words, in colours."""
    return ValueMap(
        options={
            "1": ValueMappingResult(text="yes", color=yes, index=1),
            "0": ValueMappingResult(text="no", color=no, index=2),
        }
    )


def steps(first: str, *others: tuple[float, str]) -> dashboard.ThresholdsConfig:
    """Colour from the least value on, and anew from each further one on."""
    thresholds = [Threshold(color=first), *(Threshold(value=at, color=to) for at, to in others)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(thresholds)


def limits(panel: timeseries.Panel, *at: tuple[float, str]) -> timeseries.Panel:
    """Draw dashed lines at fixed values, each of its colour."""
    style = common.GraphThresholdsStyleConfig().mode(forms.GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(steps("transparent", *at)).thresholds_style(style)


def dashed(panel: timeseries.Panel, legend: str, color: str) -> timeseries.Panel:
    """Draw a series as that which the others are held against."""
    style = _property("custom.lineStyle", {"fill": "dash", "dash": [8, 6]})
    return panel.override_by_name(legend, [style, _NO_FILL, _fixed(color)])


def banded(panel: timeseries.Panel) -> timeseries.Panel:
    """Draw the series `value` as a line, and fill between `low` and `high`."""
    unnamed = _property("custom.hideFrom", {"legend": True, "tooltip": False, "viz": False})
    edge = [_property("custom.lineWidth", 0), _fixed(CALM), unnamed]
    filled = [_property("custom.fillBelowTo", "low"), _property("custom.fillOpacity", 20)]
    return (
        panel.override_by_name("value", [_NO_FILL, _fixed(CALM)])
        .override_by_name("low", [_NO_FILL, *edge])
        .override_by_name("high", [*filled, *edge])
    )


def stacked(panel: timeseries.Panel) -> timeseries.Panel:
    """Put series on top of each other: together they are the whole."""
    stacking = common.StackingConfig().mode(forms.StackingMode.NORMAL).group("A")
    return panel.fill_opacity(45).stacking(stacking)


def stepped(panel: timeseries.Panel) -> timeseries.Panel:
    """Draw what changes at once, and holds until it changes again."""
    return panel.line_interpolation(forms.LineInterpolation.STEP_AFTER)


def in_unit(panel: table.Panel, heading: str, unit: str) -> table.Panel:
    """Give a column a unit of its own."""
    return panel.override_by_name(heading, [_property("unit", unit)])


def accumulated(panel: timeseries.Panel) -> timeseries.Panel:
    """Stack what changes at once: lines of equal counts would hide each other."""
    return stepped(stacked(panel)).decimals(0)


def _property(name: str, value: object) -> DynamicConfigValue:
    return DynamicConfigValue(id_val=name, value=value)


def _fixed(color: str) -> DynamicConfigValue:
    return _property("color", {"mode": FieldColorModeId.FIXED, "fixedColor": color})


_NO_FILL = _property("custom.fillOpacity", 0)
