"""What the challenger can do: what its threshold would have caught, and at what effort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from secom_core.evaluation.reliability import n_effective, wilson_interval
from secom_core.report import axis, canvas
from secom_core.report.data import ReportData
from secom_core.report.words import count, minute, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rate, with its interval and what to read it beside."""

    label: str
    value: str
    interval: str
    beside: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What the second section shows."""

    n_units: int
    n_fails: int
    n_inspected: int
    n_caught: int
    inspection_rate: float
    capacity: float
    since: str
    at_random: str
    rows: tuple[Row, ...]
    chart: Markup

    @property
    def n_escaped(self) -> int:
        """Fails that were not inspected."""
        return self.n_fails - self.n_caught

    @property
    def within_capacity(self) -> float:
        """What of the inspection rate the lab can take."""
        return min(self.inspection_rate, self.capacity)


def capability(data: ReportData) -> Capability:
    """Count what the challenger would have done on the holdout; rates are by weight."""
    is_fail, flagged = data.holdout.is_fail, data.judgement.flagged
    n_fails = int(is_fail.sum())
    rate = float(np.average(flagged, weights=data.holdout.weight))
    return Capability(
        n_units=is_fail.size,
        n_fails=n_fails,
        n_inspected=int(flagged.sum()),
        n_caught=int((flagged & is_fail).sum()),
        inspection_rate=rate,
        capacity=data.challenger.operating_point.max_inspection_rate,
        since=minute(data.holdout.measured_at[0]),
        at_random=f"{rate * n_fails:.1f}",
        rows=_rows(data),
        chart=_risk_over_time(data),
    )


def _rows(data: ReportData) -> tuple[Row, ...]:
    is_fail, flagged, weights = data.holdout.is_fail, data.judgement.flagged, data.holdout.weights
    capacity = data.challenger.operating_point.max_inspection_rate
    everywhere = np.ones_like(flagged)
    caught = flagged & is_fail
    return (
        _share(
            "Inspection rate: units inspected",
            flagged,
            among=everywhere,
            weights=weights,
            beside=f"{percent(capacity)} is capacity",
        ),
        _share(
            "Capture rate: fails caught",
            flagged,
            among=is_fail,
            weights=weights,
            beside=f"{percent(np.average(flagged, weights=weights))} by picking units at random",
        ),
        _share(
            "False omission rate: fails among the units not inspected",
            is_fail,
            among=~flagged,
            weights=weights,
            beside=f"{percent(np.average(is_fail, weights=weights))} if nothing is inspected",
        ),
        _share(
            "Overkill: passes inspected for nothing",
            flagged,
            among=~is_fail,
            weights=weights,
            beside=count(int(flagged[~is_fail].sum()), "unit"),
        ),
        _share(
            "Yield of inspection: fails among the units inspected",
            is_fail,
            among=flagged,
            weights=weights,
            beside=_per_catch(weights @ flagged, weights @ caught),
        ),
    )


def _share(
    label: str, hits: np.ndarray, *, among: np.ndarray, weights: np.ndarray, beside: str
) -> Row:
    if not among.any():
        return Row(label=label, value="–", interval="", beside="there are none")
    share = np.average(hits[among], weights=weights[among])
    # Of 7 fails caught out of 7, resampling would conclude that all are always caught.
    n_units = n_effective(weights[among])
    low, high = wilson_interval(np.array([share]), np.array([n_units]))
    return Row(
        label=label,
        value=percent(share),
        interval=f"{percent(low[0])} to {percent(high[0])}",
        beside=beside,
    )


def _per_catch(n_inspected: float, n_caught: float) -> str:
    if not n_caught:
        return "nothing was caught"
    return f"{count(round(n_inspected / n_caught), 'inspection')} for each fail caught"


def _risk_over_time(data: ReportData) -> Markup:
    holdout, judged = data.holdout, data.judgement
    threshold = data.challenger.operating_point.threshold
    at, fails = holdout.measured_at, holdout.is_fail
    groups = (
        ("pass", ~fails, 9, canvas.PASS, canvas.PASS),
        ("fail, caught", fails & judged.flagged, 46, canvas.FAIL, canvas.FAIL),
        ("fail, escaped", fails & ~judged.flagged, 46, canvas.PAPER, canvas.FAIL),
    )

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="y")
        for label, chosen, size, face, edge in groups:
            axes.scatter(
                at[chosen],
                judged.risk[chosen],
                size,
                label=label,
                facecolors=face,
                edgecolors=edge,
                linewidths=1.8 if face != edge else 0,
            )
        low, high = axes.get_ylim()
        high = max(high, threshold) + 0.12 * (high - low)
        axes.set_ylim(low, high)
        axes.axhspan(threshold, high, color=canvas.ACCENT, alpha=0.08, linewidth=0)
        axes.axhline(threshold, color=canvas.ACCENT, linewidth=1.2)
        axes.annotate(
            "inspected: threshold and above",
            (0, 1),
            xycoords="axes fraction",
            xytext=(6, -5),
            textcoords="offset points",
            va="top",
            color=canvas.ACCENT,
            fontsize=11,
        )
        axis.in_percent(axes.yaxis)
        axis.in_days(axes.xaxis)
        axes.set_ylabel("risk of failing")
        figure.legend(loc="outside upper left", ncols=3, handletextpad=0.1)

    n_escaped = int((fails & ~judged.flagged).sum())
    return canvas.draw(
        paint,
        name="risk-over-time",
        alt=f"Risk of each unit of the holdout over time, with the threshold: {n_escaped} of "
        f"{fails.sum()} fails lie below it.",
        width=canvas.WIDE,
        height=300,
    )
