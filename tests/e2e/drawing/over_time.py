"""Panels with time from left to right: lines, areas, heat maps, strips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from tests.e2e.drawing import ink
from tests.e2e.drawing.found import Series, dates
from tests.e2e.drawing.ink import NAMED, Panel
from tests.e2e.drawing.units import written

_LONGEST_NAME = 22


def lines(axes: Axes, panel: Panel, series: list[Series]) -> None:
    """Draw lines, or areas on top of each other, and the limits that they are held against."""
    custom = panel["fieldConfig"]["defaults"]["custom"]
    steps = custom.get("lineInterpolation") == "stepAfter"
    if custom.get("stacking", {}).get("mode") == "normal":
        _stack(axes, series, step="post" if steps else None)
    else:
        looks = ink.overrides(panel)
        for index, each in enumerate(series):
            look = {"color": {"fixedColor": ""}} | looks.get(each.name, {})
            color = NAMED.get(look["color"]["fixedColor"], ink.palette(index))
            _line(axes, each, look, color=color, steps=steps)
        _bands(axes, series, looks, step="post" if steps else None)
    _limits(axes, panel)
    ink.value_axis(axes, panel)
    _legend(axes, panel, series)


def heat(axes: Axes, panel: Panel, series: list[Series]) -> None:
    """Draw how many fell into each bucket: darker is more."""
    bounded = sorted(series, key=lambda each: float(each.labels["le"]))
    times = bounded[0].times
    cumulated = np.array([np.interp(times, each.times, each.values) for each in bounded])
    counts = np.diff(np.vstack([np.zeros(times.size), cumulated]), axis=0).clip(0)
    ends = dates(np.append(times, times[-1] + bounded[0].step))
    # A root of the count, as the panel has it: few are seen beside many.
    shade = np.ma.masked_less_equal(counts, 1e-9) ** panel["options"]["color"]["exponent"]
    mesh = axes.pcolormesh(ends, np.arange(len(bounded) + 1), shade, cmap="Blues", vmin=0)
    unit = panel["options"]["yAxis"]["unit"]
    bounds = [float(each.labels["le"]) for each in bounded]
    names = [f"≤ {written(le, unit)}" if np.isfinite(le) else "more" for le in bounds]
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    most = f"{written(float(counts.max()), 'short')} in a cell"
    ink.legend(axes, [ink.patch(mesh.cmap(0.25)), ink.patch(mesh.cmap(1.0))], ["few", most])


def states(axes: Axes, panel: Panel, series: list[Series]) -> None:
    """Draw a strip for each series, coloured by what it was."""
    options = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    colors = {float(value): NAMED[option["color"]] for value, option in options.items()}
    for row, each in enumerate(reversed(series)):
        # A strip ends a step after its last point, so that a gap is seen.
        spans = [(at, each.step / 86400) for at in dates(each.times)]
        shades = [to_rgba(colors[value], 0.85) for value in each.values]
        axes.broken_barh(spans, (row - 0.36, 0.72), facecolors=shades, lw=0)
    axes.set_yticks(range(len(series)), [_end(each.name) for each in reversed(series)])
    axes.set_ylim(-0.6, len(series) - 0.4)
    drawn = [option for option in options.values() if option["color"] != "transparent"]
    handles = [ink.patch(NAMED[option["color"]]) for option in drawn]
    ink.legend(axes, handles, [option["text"] for option in drawn])


def _end(name: str) -> str:
    """Shorten a name that would not fit beside its strip: names of pods differ at their ends."""
    return name if len(name) <= _LONGEST_NAME else f"…{name[-_LONGEST_NAME:]}"


def _line(axes: Axes, series: Series, look: Mapping[str, Any], *, color: str, steps: bool) -> None:
    width = look.get("custom.lineWidth", 1.6)
    axes.plot(
        dates(series.times),
        series.values,
        "--" if "custom.lineStyle" in look else "-",
        color=color,
        lw=width,
        drawstyle="steps-post" if steps else "default",
        label=series.name if width else "_",
    )


def _bands(axes: Axes, series: list[Series], looks: Mapping[str, Any], *, step: str | None) -> None:
    by_name = {each.name: each for each in series}
    for name, look in looks.items():
        high, low = by_name.get(name), by_name.get(look.get("custom.fillBelowTo"))
        if high is None or low is None:
            continue
        below = np.interp(high.times, low.times, low.values)
        color, at = NAMED[look["color"]["fixedColor"]], dates(high.times)
        axes.fill_between(at, below, high.values, step=step, color=color, alpha=0.18, lw=0)


def _stack(axes: Axes, series: list[Series], *, step: str | None) -> None:
    times = np.unique(np.concatenate([each.times for each in series]))
    base = np.zeros(times.size)
    for index, each in enumerate(series):
        # Where a series has no point it adds nothing.
        values = np.zeros(times.size)
        values[np.searchsorted(times, each.times)] = np.nan_to_num(each.values)
        color = ink.palette(index)
        axes.fill_between(
            dates(times), base, base + values, step=step, color=color, alpha=0.6, lw=0
        )
        axes.plot([], [], color=color, lw=5, label=each.name)
        base += values


def _limits(axes: Axes, panel: Panel) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    if "thresholdsStyle" not in defaults["custom"]:
        return
    for step in defaults["thresholds"]["steps"]:
        if step["value"] is not None:
            axes.axhline(step["value"], ls="--", lw=1, color=NAMED[step["color"]])


def _legend(axes: Axes, panel: Panel, series: list[Series]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    last = {each.name: each.last for each in series}
    handles, names = axes.get_legend_handles_labels()
    texts = [
        f"{name}  {written(last[name], defaults['unit'], defaults.get('decimals'))}"
        for name in names
    ]
    ink.legend(axes, handles, texts)
