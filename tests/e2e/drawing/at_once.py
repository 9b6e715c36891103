"""Panels of what is now: figures, bars, tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from tests.e2e.drawing import ink
from tests.e2e.drawing.found import Series
from tests.e2e.drawing.ink import NAMED, Panel
from tests.e2e.drawing.units import written

_FEWEST_ROWS = 8  # fewer are not stretched
_LONGEST_TEXT = 28


def figure(axes: Axes, panel: Panel, series: list[Series]) -> None:
    """Write one value large, or the name of the series."""
    axes.set_axis_off()
    defaults = panel["fieldConfig"]["defaults"]
    value = series[0].last
    text, color = written(value, defaults["unit"], defaults.get("decimals")), ink.INK
    if panel["options"]["textMode"] == "name":
        text, color = "\n".join(each.name for each in series), NAMED["blue"]
    elif not np.isnan(value):
        color = _mapped(panel, value) or ink.color_at(defaults, value)
    size = 26 if len(text) < 13 else 18
    axes.text(0.5, 0.5, text, ha="center", va="center", size=size, color=color, weight="bold")


def bars(axes: Axes, panel: Panel, series: list[Series]) -> None:
    """Draw a bar for each series, the first at the top."""
    defaults = panel["fieldConfig"]["defaults"]
    unit, values = defaults["unit"], [each.last for each in reversed(series)]
    rows = range(len(series))
    colors = [ink.color_at(defaults, value) for value in values]
    axes.barh(rows, values, color=colors, height=0.72)
    for row, value in zip(rows, values, strict=True):
        axes.text(value, row, f" {written(value, unit)}", va="center", size=9, color=ink.INK)
    axes.set_yticks(rows, [each.name for each in reversed(series)])
    axes.set_ylim(-0.6, len(series) - 0.4)
    axes.set_xlim(0, max(defaults.get("max", 0), *values, 1e-9) * 1.08)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, unit)))
    ink.plain(axes)


def table(axes: Axes, panel: Panel, found: Mapping[str, list[Series]]) -> None:
    """Write a table, joined and arranged as Grafana would."""
    axes.set_axis_off()
    headings = _headings(panel)
    labels = [name for name in headings if not name.startswith("Value")]
    units = {name: look["unit"] for name, look in ink.overrides(panel).items()}
    usual = panel["fieldConfig"]["defaults"]["unit"]
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for ref, several in found.items():
        name = f"Value #{ref}" if len(found) > 1 else "Value"
        for each in several:
            key = tuple(each.labels.get(label, "") for label in labels)
            unit = units.get(headings.get(name, ""), usual)
            row = rows.setdefault(key, dict(zip(labels, map(_short, key), strict=True)))
            row[name] = written(each.last, unit, panel["fieldConfig"]["defaults"].get("decimals"))
    _write(axes, headings, [[row.get(name, "") for name in headings] for row in rows.values()])


def _headings(panel: Panel) -> dict[str, str]:
    """Return heading by column's name, in the order of columns."""
    arranged = panel["transformations"][1]["options"]
    order = sorted(arranged["renameByName"], key=arranged["indexByName"].__getitem__)
    return {name: arranged["renameByName"][name] for name in order}


def _write(axes: Axes, headings: Mapping[str, str], rows: list[list[str]]) -> None:
    height = (len(rows) + 1) / (max(len(rows), _FEWEST_ROWS) + 1)
    drawn = axes.table(
        rows, colLabels=list(headings.values()), bbox=(0, 1 - height, 1, height), cellLoc="left"
    )
    drawn.auto_set_font_size(value=False)
    drawn.set_fontsize(9.5)
    for (row, _), cell in drawn.get_celld().items():
        cell.visible_edges = "B"
        cell.set_edgecolor(ink.EDGE)
        cell.PAD = 0.02
        cell.set_text_props(color=ink.INK, weight="bold" if row == 0 else "normal", ha="left")


def _mapped(panel: Panel, value: float) -> str:
    """Return the colour that a value is mapped to; empty if it is not."""
    for mapping in panel["fieldConfig"]["defaults"]["mappings"]:
        if mapping["type"] == "value":
            return NAMED[mapping["options"][f"{value:.0f}"]["color"]]
    return ""


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:12]}…"
