"""Why a shuffled split looks better than the line will ever be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator

from secom_core.evaluation import Figure, Figures, FlagFigures
from secom_core.report import canvas
from secom_core.report.data import ReportData
from secom_core.report.words import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffling:
    """What the eighth section shows."""

    shuffled: Figure
    temporal: Figure
    accuracy_of_passing_everything: str
    flagged: FlagFigures | None
    chart: Markup


def shuffling(data: ReportData, holdout: Figures | None) -> Shuffling:
    """Set the random split beside time order, and accuracy beside passing everything."""
    dots = [
        ("random split", data.hindsight.shuffled.auc, canvas.FAIL),
        ("time order", data.hindsight.temporal.auc, canvas.ACCENT),
    ]
    if holdout:
        dots.append(("bundle on\nholdout", holdout.auc, canvas.MUTED))
    return Shuffling(
        shuffled=data.hindsight.shuffled.auc,
        temporal=data.hindsight.temporal.auc,
        accuracy_of_passing_everything=percent(
            1 - np.average(data.holdout.is_fail, weights=data.holdout.weight)
        ),
        flagged=holdout.flagged if holdout else None,
        chart=_chart(dots),
    )


def _chart(dots: list[tuple[str, Figure, str]]) -> Markup:
    def paint(figure: Drawing) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="x")
        axes.axvline(0.5, color=canvas.MUTED, linewidth=1, linestyle=canvas.DASHED)
        for row, (_, auc, colour) in enumerate(dots):
            axes.plot([auc.low, auc.high], [row, row], color=colour, linewidth=2)
            axes.plot(auc.value, row, "o", color=colour, markersize=9)
            axes.annotate(
                f"{auc.value:.3f}",
                (auc.value, row),
                xytext=(0, 8),
                textcoords="offset points",
                ha="center",
                color=colour,
            )
        axes.set_ylim(len(dots) - 0.5, -0.7)
        axes.set_yticks(range(len(dots)), [name for name, _, _ in dots])
        axes.tick_params(axis="y", labelsize=12, labelcolor=canvas.INK)
        axes.set_xlabel("AUC; 0.5 is blind guessing")
        axes.xaxis.set_major_locator(MaxNLocator(5))

    return canvas.draw(
        paint,
        name="shuffling",
        alt="AUC with interval: "
        + ", ".join(f"{' '.join(name.split())} {auc}" for name, auc, _ in dots)
        + ".",
        height=76 + 46 * len(dots),
    )
