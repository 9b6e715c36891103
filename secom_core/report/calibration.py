"""What risks mean as numbers: what was foretold beside what came, and how they spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from secom_core.evaluation import reliability_curve
from secom_core.report import axis, canvas
from secom_core.report.seen import Seen
from secom_core.report.words import percent

_N_GROUPS = 5
"""Of units by risk: more would leave groups without fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the fifth section shows of the size of the risks."""

    spread: str
    reliability: Markup
    histogram: Markup


def calibration(seen: Sequence[Seen], threshold: float) -> Calibration:
    """Draw reliability and histogram of the last window: the holdout, unless a class is absent."""
    last = seen[-1]
    low, high = (100 * risk for risk in (last.risk.min(), last.risk.max()))
    return Calibration(
        spread=f"Risks on the {last.name} run from {low:.3g}% to {high:.3g}%; "
        f"{percent(last.fail_share)} of its units failed.",
        reliability=_reliability(last),
        histogram=_histogram(last, threshold),
    )


def _reliability(window: Seen) -> Markup:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="both")
        curve = reliability_curve(
            window.is_fail, window.risk, n_bins=_N_GROUPS, weight=window.weight
        )
        axes.errorbar(
            curve.risk,
            curve.fail_share,
            [curve.fail_share - curve.low, curve.high - curve.fail_share],
            color=window.colour,
            fmt="o",
            markersize=6,
            elinewidth=1.4,
        )
        ends = axes.get_xlim()
        axes.plot(ends, ends, color=canvas.INK, linewidth=1, linestyle=canvas.DASHED)
        axes.set(xlim=ends, xlabel="risk foretold", ylabel="share that failed")
        axes.set_ylim(bottom=0)
        axis.in_percent(axes.xaxis, n_ticks=5)
        axis.in_percent(axes.yaxis)

    return canvas.draw(
        paint,
        name="reliability",
        alt=f"Share of fails on the {window.name} in five groups of units by risk, against the "
        "risk foretold; on the dashed line both agree.",
    )


def _histogram(window: Seen, threshold: float) -> Markup:
    edges = np.histogram_bin_edges(window.risk, bins=24)
    kinds = (("fails", window.is_fail, canvas.FAIL), ("passes", ~window.is_fail, canvas.PASS))

    def paint(figure: Figure) -> None:
        panels = figure.subplots(2, sharex=True)
        for axes, (kind, chosen, colour) in zip(panels, kinds, strict=True):
            canvas.bare(axes, grid="y")
            weights = None if window.weight is None else window.weight[chosen]
            counts = np.histogram(window.risk[chosen], edges, weights=weights)[0]
            share = counts / counts.sum()
            axes.bar(edges[:-1], share, np.diff(edges), align="edge", color=colour)
            axes.axvline(threshold, color=canvas.ACCENT, linewidth=1.4)
            axes.set_ylabel(kind)
            axis.in_percent(axes.yaxis, n_ticks=4)
        top = panels[0].get_ylim()[1]
        canvas.note(
            panels[0],
            "threshold",
            (threshold, top),
            offset=(0, 3),
            colour=canvas.ACCENT,
            ha="center",
        )
        axis.in_percent(panels[1].xaxis, n_ticks=5)
        panels[1].set_xlabel("risk")
        figure.align_ylabels()

    return canvas.draw(
        paint,
        name="histogram",
        alt=f"Risks on the {window.name}: share of fails above, share of passes below, with the "
        "threshold.",
    )
