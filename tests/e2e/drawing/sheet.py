"""A dashboard on paper: each panel where Grafana would put it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests.e2e.drawing import at_once, ink, over_time
from tests.e2e.drawing.found import Series, dates
from tests.e2e.drawing.ink import Panel

_COLUMNS, _WIDTH, _ROW, _TOP = 24, 24.0, 0.42, 1.0
"""Grafana's columns; inches: of the sheet's width, of one of Grafana's rows, of the heading."""

_OVER_TIME = {
    "timeseries": over_time.lines,
    "heatmap": over_time.heat,
    "state-timeline": over_time.states,
}
_AT_ONCE = {"bargauge": at_once.bars, "stat": at_once.figure}

_LEFT_AND_BELOW = {
    "timeseries": (0.85, 0.9),
    "heatmap": (0.95, 0.9),
    "state-timeline": (2.2, 0.9),
    "bargauge": (1.2, 0.4),
}
"""Inches for what is written beside the axes."""


class Sheet:
    """A figure that panels are drawn on.

    Parameters
    ----------
    dashboard : mapping
    span : pair of float
        What its panels show, in seconds since 1970.
    alerts : list of Series
        While one has points, time is shaded: Grafana's annotations.
    """

    def __init__(
        self, dashboard: Mapping[str, Any], *, span: tuple[float, float], alerts: list[Series]
    ) -> None:
        n_rows = max(each["gridPos"]["y"] + each["gridPos"]["h"] for each in dashboard["panels"])
        self._height = n_rows * _ROW + _TOP
        self._span, self._alerts = span, alerts
        self.figure = Figure(figsize=(_WIDTH, self._height), facecolor=ink.PAPER)
        start, end = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}" for at in span)
        top = 1 - 0.5 / self._height
        self._write(0.008, top, dashboard["title"], size=20)
        self.figure.text(0.992, top, f"{start} – {end} UTC", size=12, color=ink.FAINT, ha="right")

    def part(self, panel: Panel, title: str) -> None:
        """Write the heading of a row of panels."""
        x, y, _, height = self._place(panel)
        self._write(x + 0.006, y + 0.25 * height, title, size=14)

    def draw(self, panel: Panel, title: str, found: Mapping[str, list[Series]]) -> None:
        """Draw a panel of what its queries found, by their letters."""
        axes = self._axes(panel, title)
        series = [each for several in found.values() for each in several]
        if not series:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "No data", ha="center", va="center", color=ink.FAINT, size=14)
        elif panel["type"] == "table":
            at_once.table(axes, panel, found)
        elif panel["type"] in _AT_ONCE:
            _AT_ONCE[panel["type"]](axes, panel, series)
        else:
            _OVER_TIME[panel["type"]](axes, panel, series)
            ink.time_axis(axes, self._span)
            if panel["type"] == "timeseries":
                self._annotate(axes)

    def _annotate(self, axes: Axes) -> None:
        for alert in self._alerts:
            gaps = np.flatnonzero(np.diff(alert.times) > 1.5 * alert.step)
            for run in np.split(alert.times, gaps + 1):
                start, end = dates(np.array([run[0], run[-1] + alert.step]))
                axes.axvspan(start, end, color=ink.NAMED["red"], alpha=0.06, lw=0)

    def _axes(self, panel: Panel, title: str) -> Axes:
        x, y, width, height = self._place(panel)
        self._frame(x, y, width, height)
        self._write(x + 0.006, y + height - 0.3 / self._height, title, size=10.5)
        left, below = _LEFT_AND_BELOW.get(panel["type"], (0.15, 0.12))
        inside = (
            x + left / _WIDTH,
            y + below / self._height,
            width - (left + 0.2) / _WIDTH,
            height - (below + 0.45) / self._height,
        )
        return self.figure.add_axes(inside, facecolor="none")

    def _place(self, panel: Panel) -> tuple[float, float, float, float]:
        at = panel["gridPos"]
        height = at["h"] * _ROW / self._height
        y = 1 - (_TOP + at["y"] * _ROW) / self._height - height
        return at["x"] / _COLUMNS, y, at["w"] / _COLUMNS, height

    def _frame(self, x: float, y: float, width: float, height: float) -> None:
        gap_x, gap_y = 0.06 / _WIDTH, 0.06 / self._height
        corner, size = (x + gap_x, y + gap_y), (width - 2 * gap_x, height - 2 * gap_y)
        box = Rectangle(corner, *size, transform=self.figure.transFigure)
        box.set(facecolor="white", edgecolor=ink.EDGE, zorder=-1)
        self.figure.add_artist(box)

    def _write(self, x: float, y: float, text: str, *, size: float) -> None:
        self.figure.text(x, y, text, size=size, color=ink.INK, weight="bold")
