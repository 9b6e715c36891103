"""How well risks rank units: ROC, fails caught by effort, and what following the ranking costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from secom_core.evaluation import Curve, Figure, cost_curve
from secom_core.report import axis, canvas
from secom_core.report.data import ReportData
from secom_core.report.seen import Seen
from secom_core.report.words import listed, percent

_EXAMPLE_COSTS = (10.0, 30.0, 100.0)
"""Costs of a missed fail, in inspections, to show where nobody has named one."""

_OF_SIZE = ("brier", "calibration_slope")
"""Figures of how large risks are, not of their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A figure on each window, and what to read it beside."""

    label: str
    values: tuple[str, ...]
    beside: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What the fifth section shows of the order of the risks."""

    windows: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    roc: Markup
    capture: Markup
    cost: Markup
    cost_note: str


def ranking(data: ReportData, seen: Sequence[Seen]) -> Ranking:
    """Draw the curves of the windows, the holdout last."""
    cost, cost_note = _cost(seen[-1], data)
    return Ranking(
        windows=tuple(window.name for window in seen),
        rows=_rows(seen),
        roc=_roc(seen),
        capture=_capture(seen, data.challenger.operating_point.max_inspection_rate),
        cost=cost,
        cost_note=cost_note,
    )


def _rows(seen: Sequence[Seen]) -> tuple[FigureRow, ...]:
    fail_shares = listed([percent(window.fail_share) for window in seen])
    one_risk = ", ".join(
        f"{window.figures.brier_of_fail_share:.4f}" for window in seen if not window.sets_scale
    )
    return tuple(
        FigureRow(
            label=label,
            values=tuple(
                "–"
                if window.sets_scale and name in _OF_SIZE
                else write(getattr(window.figures, name))
                for window in seen
            ),
            beside=beside,
        )
        for label, name, write, beside in (
            ("AUC", "auc", str, "0.5 is blind guessing"),
            ("average precision", "average_precision", str, f"{fail_shares} by guessing"),
            ("fails caught at 5% inspected", "capture_at_5", _rate, "5% by guessing"),
            ("fails caught at 10% inspected", "capture_at_10", _rate, "10% by guessing"),
            ("fails caught at 20% inspected", "capture_at_20", _rate, "20% by guessing"),
            ("Brier loss", "brier", _fine, f"{one_risk} with one risk for all"),
            ("calibration slope", "calibration_slope", _coarse, "1 is right; above, too timid"),
        )
    )


def _rate(figure: Figure) -> str:
    return f"{figure.value:.0%} [{figure.low:.0%}, {figure.high:.0%}]"


def _fine(figure: Figure) -> str:
    return f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"


def _coarse(figure: Figure) -> str:
    return f"{figure.value:.1f} [{figure.low:.1f}, {figure.high:.1f}]"


def _roc(seen: Sequence[Seen]) -> Markup:
    def paint(figure: Drawing) -> None:
        axes = _unit_square(figure, x="passes inspected", y="fails caught")
        for window in seen:
            _paint_curve(axes, window.curves.roc, window)
        axes.legend(loc="lower right")

    aucs = ", ".join(f"{window.name} {window.figures.auc}" for window in seen)
    return canvas.draw(paint, name="roc", alt=f"ROC curves with 95% bands. AUC: {aucs}.")


def _capture(seen: Sequence[Seen], capacity: float) -> Markup:
    def paint(figure: Drawing) -> None:
        axes = _unit_square(figure, x="units inspected", y="fails caught")
        axes.axvline(capacity, color=canvas.INK, linewidth=1)
        canvas.note(axes, "capacity", (capacity, 1), offset=(4, -2), va="top")
        for window in seen:
            _paint_curve(axes, window.curves.capture, window)
        axes.legend(loc="lower right")

    caught = [f"{window.name} {percent(_at(window.curves.capture, capacity))}" for window in seen]
    return canvas.draw(
        paint,
        name="capture",
        alt="Fails caught by share of units inspected, with 95% bands. At capacity: "
        f"{', '.join(caught)}.",
    )


def _at(curve: Curve, point: float) -> float:
    return float(np.interp(point, curve.at, curve.value))


def _unit_square(figure: Drawing, *, x: str, y: str) -> Axes:
    axes = figure.subplots()
    canvas.bare(axes, grid="both")
    axes.plot([0, 1], [0, 1], color=canvas.MUTED, linewidth=1, linestyle=canvas.DASHED)
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel=x, ylabel=y)
    axis.in_percent(axes.xaxis)
    axis.in_percent(axes.yaxis)
    return axes


def _paint_curve(axes: Axes, curve: Curve, window: Seen) -> None:
    colour = window.colour
    axes.fill_between(curve.at, curve.low, curve.high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(curve.at, curve.value, color=colour, label=window.name)


def _cost(window: Seen, data: ReportData) -> tuple[Markup, str]:
    named = data.config.missed_fail_cost
    prices = (named,) if named else _EXAMPLE_COSTS
    shades = (canvas.ACCENT,) if named else (canvas.PASS, canvas.MUTED, canvas.ACCENT)
    fail_share = window.fail_share

    def paint(figure: Drawing) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="both")
        axes.axhline(1, color=canvas.MUTED, linewidth=1, linestyle=canvas.DASHED)
        axes.axvline(data.config.max_inspection_rate, color=canvas.INK, linewidth=1)
        for price, colour in zip(prices, shades, strict=True):
            curve = cost_curve(window.curves.capture, fail_share=fail_share, missed_fail_cost=price)
            nothing = price * fail_share
            low, high = curve.low / nothing, curve.high / nothing
            if named:  # three bands would hide each other
                axes.fill_between(curve.at, low, high, color=colour, alpha=0.16, linewidth=0)
            axes.plot(curve.at, curve.value / nothing, color=colour, label=f"{price:g}")
        axes.set(xlim=(0, 1), ylim=(0, 2), xlabel="units inspected")
        axes.set_yticks([0, 0.5, 1, 1.5, 2])
        axes.set_ylabel("cost; without inspection: 1")
        axis.in_percent(axes.xaxis)
        figure.legend(
            loc="outside upper left",
            ncols=3,
            title="a missed fail costs so many inspections",
            title_fontsize=11,
            alignment="left",
        )

    note = (
        f"A missed fail costs {named:g} inspections, as configured."
        if named
        else "Nobody has named the cost of a missed fail, so that three examples are drawn."
    )
    alt = f"Cost by share of units inspected, on the {window.name}. {note}"
    return canvas.draw(paint, name="cost", alt=alt), note
