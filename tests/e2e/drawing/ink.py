"""Colours, axes and legends, the same in every panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tests.e2e.drawing.found import dates
from tests.e2e.drawing.units import written

Panel = Mapping[str, Any]

INK, FAINT, PAPER, EDGE = "#24292e", "#6e7781", "#f4f5f5", "#d8dbe0"
NAMED = {
    "green": "#3d9a50",
    "orange": "#e8850c",
    "red": "#d0313f",
    "blue": "#3274d9",
    "text": INK,
    "transparent": "#e9ebee",
}
_PALETTE = ("#3274d9", "#e8850c", "#3d9a50", "#a352cc", "#d0313f", "#1f9e9e", "#b8860b", "#7a7f87")
_INCHES_A_LETTER, _INCHES_A_HANDLE, _INCHES_A_LINE, _INCHES_ABOVE = 0.072, 0.4, 0.17, 0.25
_LINES_BELOW = 2
"""Of a legend, which every panel has room for."""


def palette(index: int) -> str:
    """Return the colour of the series at a position."""
    return _PALETTE[index % len(_PALETTE)]


def color_at(defaults: Mapping[str, Any], value: float) -> str:
    """Return the colour that a panel's thresholds give to a value."""
    steps = defaults["thresholds"]["steps"]
    reached = [step for step in steps if step["value"] is None or value >= step["value"]]
    return NAMED[reached[-1]["color"]]


def overrides(panel: Panel) -> dict[str, dict[str, Any]]:
    """Return by name of series what is drawn otherwise than usual."""
    return {
        each["matcher"]["options"]: {one["id"]: one.get("value") for one in each["properties"]}
        for each in panel["fieldConfig"]["overrides"]
    }


def value_axis(axes: Axes, panel: Panel) -> None:
    """Mark values, between the limits that the panel has."""
    defaults = panel["fieldConfig"]["defaults"]
    custom, unit = defaults["custom"], defaults["unit"]
    (_, least), (_, most) = axes.dataLim.get_points()
    low, high = min(least, custom["axisSoftMin"]), max(most, custom.get("axisSoftMax", most)) * 1.05
    if low == high:
        high = low + 1
    if custom.get("axisCenteredZero"):
        high = max(abs(low), abs(high))
        low = -high
    axes.set_ylim(defaults.get("min", low), defaults.get("max", high))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=defaults.get("decimals") == 0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, unit)))


def time_axis(axes: Axes, span: tuple[float, float]) -> None:
    """Mark times."""
    axes.set_xlim(*dates(np.array(span)))
    locator = mdates.AutoDateLocator(minticks=3, maxticks=7)
    formatter = mdates.ConciseDateFormatter(locator, show_offset=False)
    formatter.formats[2] = formatter.zero_formats[2] = formatter.zero_formats[3] = "%d %b"
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    plain(axes)


def plain(axes: Axes) -> None:
    """Leave nothing but a grid and small figures beside it."""
    axes.tick_params(labelsize=9, colors=FAINT, length=0)
    axes.grid(color=EDGE, lw=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def legend(axes: Axes, handles: list[Any], texts: list[str]) -> None:
    """Write what is what below the panel, in as many columns as its width allows."""
    at, size = axes.get_position(), axes.figure.get_size_inches()
    longest = max(map(len, texts), default=0) * _INCHES_A_LETTER + _INCHES_A_HANDLE
    n_columns = max(1, int(at.width * size[0] / longest))
    n_more = max(0, -(-len(texts) // n_columns) - _LINES_BELOW)
    # What more lines take, the drawing gives.
    raised = n_more * _INCHES_A_LINE / size[1]
    axes.set_position((at.x0, at.y0 + raised, at.width, at.height - raised))
    axes.legend(
        handles,
        texts,
        loc="upper left",
        bbox_to_anchor=(-0.01, -_INCHES_ABOVE / size[1] / (at.height - raised)),
        ncols=n_columns,
        fontsize=9,
        frameon=False,
        labelcolor=INK,
        handlelength=1.2,
        columnspacing=1.2,
        labelspacing=0.25,
    )


def patch(color: Any) -> Patch:
    """Return a legend's coloured square."""
    return Patch(color=color)
