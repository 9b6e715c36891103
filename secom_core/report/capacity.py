"""Which way of choosing units holds inspection capacity: a threshold, or a share of the last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from secom_core.dataset import Units
from secom_core.report import axis, canvas
from secom_core.report.data import ReportData
from secom_core.report.words import percent
from secom_core.threshold import flag_top_share

_N_ROLLING = 50
"""Units that one point of the chart is the inspection rate of: some days of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A way of choosing units, and what it did on the holdout."""

    name: str
    inspected: str
    most: str
    off: float
    caught: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What the fifth section shows of the two modes."""

    modes: tuple[Mode, ...]
    summary: str
    n_rolling: int
    chart: Markup


def capacity_view(data: ReportData) -> Capacity:
    """Compare both modes on the holdout, scored by one bundle; rates are by weight."""
    held = data.challenger.operating_point.max_inspection_rate
    n_ranked = data.cuts.calibration.stop - data.cuts.calibration.start
    flags = {
        "threshold": data.judgement.flagged,
        f"top {held:.0%} of last {n_ranked}": _top_share(data, n_ranked, held),
    }
    n_rolling = min(_N_ROLLING, max(1, len(data.holdout) // 2))
    weights = data.holdout.weights
    rates = {name: _rolling(flagged, weights, n_rolling) for name, flagged in flags.items()}
    modes = tuple(
        _mode(name, flagged, rates[name], held, data.holdout) for name, flagged in flags.items()
    )
    steadier, other = sorted(modes, key=lambda mode: mode.off)
    return Capacity(
        modes=modes,
        summary=(
            f"The steadier mode here is “{steadier.name}”: the inspection rate is "
            f"{100 * steadier.off:.1f} points away from capacity on average, against "
            f"{100 * other.off:.1f} for “{other.name}”."
        ),
        n_rolling=n_rolling,
        chart=_chart(rates, data.holdout.measured_at[n_rolling - 1 :], held),
    )


def _top_share(data: ReportData, n_ranked: int, share: float) -> np.ndarray:
    """Flag units of the holdout, the first of them ranked among those of the calibration window."""
    # The last fold's fit is the bundle's, so that these risks and the holdout's are of one kind.
    before = data.comparison.chosen.risk[-n_ranked:]
    risk = np.concatenate([before, data.judgement.risk])
    weights = data.units.weights[data.cuts.calibration.start :]
    return flag_top_share(risk, window=n_ranked, share=share, weight=weights)[n_ranked:]


def _rolling(flagged: np.ndarray, weights: np.ndarray, n_units: int) -> np.ndarray:
    inspected, total = (
        np.concatenate([[0], np.cumsum(each)]) for each in (weights * flagged, weights)
    )
    return (inspected[n_units:] - inspected[:-n_units]) / (total[n_units:] - total[:-n_units])


def _mode(name: str, flagged: np.ndarray, rate: np.ndarray, held: float, holdout: Units) -> Mode:
    return Mode(
        name=name,
        inspected=percent(np.average(flagged, weights=holdout.weight)),
        most=percent(rate.max()),
        off=float(np.abs(rate - held).mean()),
        caught=f"{(flagged & holdout.is_fail).sum()} of {holdout.is_fail.sum()}",
    )


def _chart(rates: dict[str, np.ndarray], at: np.ndarray, held: float) -> Markup:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="y")
        axes.axhline(held, color=canvas.INK, linewidth=1, label="capacity")
        for (name, rate), colour in zip(rates.items(), (canvas.ACCENT, canvas.AMBER), strict=True):
            axes.plot(at, rate, color=colour, label=name)
        axes.set_ylim(0, max(0.5, 1.1 * max(rate.max() for rate in rates.values())))
        axes.set_ylabel("units inspected")
        axis.in_percent(axes.yaxis)
        axis.in_days(axes.xaxis)
        figure.legend(loc="outside upper left", ncols=2)

    return canvas.draw(
        paint,
        name="capacity",
        alt="Inspection rate over the holdout for both modes: "
        + "; ".join(f"{name}, at most {rate.max():.0%}" for name, rate in rates.items())
        + ".",
    )
