"""How the chosen procedure did from window to window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from secom_core.dataset import Units
from secom_core.evaluation import Figure, Figures, auc_figure
from secom_core.report import axis, canvas
from secom_core.report.data import ReportData
from secom_core.report.words import count, day

FEW_FAILS = 5
"""With fewer, resampling sees so little variety that the interval comes out too narrow."""

_WEEK = np.timedelta64(7, "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of units in time order; no AUC where passes or fails are absent."""

    name: str
    start: np.datetime64
    stop: np.datetime64
    n_units: int
    n_fails: int
    auc: Figure | None

    @property
    def is_telling(self) -> bool:
        """Whether there are fails enough for the interval to be trusted."""
        return self.n_fails >= FEW_FAILS

    @property
    def dates(self) -> str:
        """First and last day."""
        return f"{day(self.start)} to {day(self.stop)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timewise:
    """What the fourth section shows."""

    windows: tuple[Window, ...]
    bundle: Window


def timewise(data: ReportData, holdout: Figures | None) -> tuple[Timewise, Markup]:
    """Measure each window of the chosen procedure, and the bundle on the holdout; draw them."""
    cuts = data.cuts
    first = cuts.compared.start
    windows = []
    for number, fold in enumerate(cuts.hindsight_folds, start=1):
        risk = data.hindsight.temporal_risk[fold.test.start - first : fold.test.stop - first]
        units = data.units.window(fold.test)
        is_fail = units.is_fail
        auc = None
        if is_fail.any() and not is_fail.all():
            auc = auc_figure(is_fail, risk, seed=data.config.seed, weight=units.weight)
        period = "development" if fold.test.stop <= cuts.cut else "after the verdict"
        windows.append(_window(f"{period}, window {number}", units, auc))
    bundle = _window("bundle on the holdout", data.holdout, holdout.auc if holdout else None)
    found = Timewise(windows=tuple(windows), bundle=bundle)
    return found, _chart(data, found)


def _window(name: str, units: Units, auc: Figure | None) -> Window:
    return Window(
        name=name,
        start=units.measured_at[0],
        stop=units.measured_at[-1],
        n_units=len(units),
        n_fails=int(units.is_fail.sum()),
        auc=auc,
    )


def _chart(data: ReportData, timewise: Timewise) -> Markup:
    def paint(figure: Drawing) -> None:
        strip, auc, units = figure.subplots(
            3, sharex=True, gridspec_kw={"height_ratios": [1, 3.4, 1.4]}
        )
        _paint_strip(strip, data)
        _paint_auc(auc, timewise, n_development=len(data.cuts.folds))
        _paint_units(units, data)
        axis.in_days(units.xaxis)
        figure.align_ylabels()

    return canvas.draw(
        paint,
        name="timewise",
        alt="Over time: the windows of the run; the AUC of the chosen procedure in each window, "
        "with intervals; units and fails per week.",
        width=canvas.WIDE,
        height=490,
    )


def _paint_strip(axes: Axes, data: ReportData) -> None:
    canvas.bare(axes)
    cuts, at = data.cuts, data.units.measured_at
    for row, name, window, colour in (
        (1, "development", cuts.development, canvas.MUTED),
        (1, "holdout", cuts.holdout, canvas.ACCENT),
        (0, "bundle fitted", cuts.fit, canvas.PASS),
        (0, "calibr.", cuts.calibration, canvas.AMBER),
    ):
        start, stop = at[window.start], at[window.stop - 1]
        axes.fill_between([start, stop], row + 0.06, row + 0.94, color=colour, alpha=0.28, lw=0)
        middle = start + (stop - start) / 2
        axes.text(middle, row + 0.5, name, ha="center", va="center", fontsize=11)
    axes.set_ylim(0, 2)
    axes.set_yticks([])


def _paint_auc(axes: Axes, timewise: Timewise, *, n_development: int) -> None:
    canvas.bare(axes, grid="y")
    axes.axhline(0.5, color=canvas.MUTED, linewidth=1, linestyle=canvas.DASHED)
    for number, window in enumerate(timewise.windows):
        is_later = number >= n_development
        _paint_window(axes, window, canvas.CHAMPION if is_later else canvas.MUTED)
    _paint_window(axes, timewise.bundle, canvas.ACCENT, is_below=True)
    for label, colour in (
        ("procedure, development", canvas.MUTED),
        ("procedure, after the verdict", canvas.CHAMPION),
        ("bundle on the holdout", canvas.ACCENT),
    ):
        axes.plot([], [], color=colour, linewidth=3, label=label)
    axes.set_ylim(0, 1.08)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_ylabel("AUC")
    axes.legend(loc="lower left")


def _paint_window(axes: Axes, window: Window, colour: str, *, is_below: bool = False) -> None:
    if window.auc is None:
        return
    middle = window.start + (window.stop - window.start) / 2
    auc, alpha = window.auc, 1.0 if window.is_telling else 0.4
    axes.plot([window.start, window.stop], [auc.value] * 2, color=colour, alpha=alpha, lw=3)
    axes.plot([middle, middle], [auc.low, auc.high], color=colour, alpha=alpha, lw=1.4)
    # The bundle's window covers others, so that their labels would meet on one side.
    end, offset = (auc.low, -3) if is_below else (auc.high, 3)
    va: canvas.Side = "top" if is_below else "baseline"
    label = count(window.n_fails, "fail")
    canvas.note(axes, label, (middle, end), offset=(0, offset), colour=colour, ha="center", va=va)


def _paint_units(axes: Axes, data: ReportData) -> None:
    canvas.bare(axes, grid="y")
    at = data.units.measured_at
    week = (at - at[0].astype("datetime64[D]")) // _WEEK
    n_units = np.bincount(week)
    n_fails = np.bincount(week, data.units.is_fail)
    start = at[0].astype("datetime64[D]") + np.arange(n_units.size) * _WEEK
    for counts, colour, alpha in ((n_units, canvas.PASS, 0.45), (n_fails, canvas.FAIL, 1.0)):
        width = np.timedelta64(6, "D")
        axes.bar(start, counts, width, align="edge", color=colour, alpha=alpha)
    for left, height, fails in zip(start, n_units, n_fails.astype(int), strict=True):
        middle = left + np.timedelta64(3, "D")
        canvas.note(
            axes, str(fails), (middle, height), offset=(0, 2), colour=canvas.FAIL, ha="center"
        )
    axes.margins(y=0.22)
    axes.set_ylabel("per week")
