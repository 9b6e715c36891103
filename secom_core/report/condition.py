"""What state the readings are in, and how far they moved over the months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from secom_core import dataset, drift
from secom_core.report import axis, canvas
from secom_core.report.data import ReportData
from secom_core.report.sensors import Sensor
from secom_core.report.words import count, day, percent

_MUCH_OUT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number, large."""

    number: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """How far the sensors had moved in a month."""

    name: str
    n_units: int
    noticeable: str
    large: str
    by_chance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """PSI of a sensor in a month, and its class from 0 to 3."""

    psi: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What the seventh section shows."""

    quality: dataset.Quality
    facts: tuple[Fact, ...]
    months: tuple[Month, ...]
    heat: tuple[tuple[str, tuple[Cell, ...]], ...]
    reference: str
    missing_chart: Markup
    drift_chart: Markup


def condition(data: ReportData, sensors: Sequence[Sensor]) -> Condition:
    """Summarise quality, and drift against the first training window."""
    quality = dataset.quality(data.units)
    first = data.cuts.folds[0].train
    start, line = (units.take(units.stand_ins) for units in (data.units.window(first), data.units))
    profile = drift.fit_reference(start.readings)
    moved = drift.drift_by_month(profile, line.readings, line.measured_at)
    return Condition(
        quality=quality,
        facts=_facts(quality),
        months=_months(moved, profile),
        heat=tuple(
            (sensor.name, tuple(_cell(psi) for psi in moved.psi[:, sensor.column]))
            for sensor in sensors
        ),
        reference=_reference(data, first),
        missing_chart=_missing_chart(quality),
        drift_chart=_drift_chart(moved),
    )


def _reference(data: ReportData, first: slice) -> str:
    return f"{count(first.stop, 'unit')} until {day(data.units.measured_at[first.stop - 1])}"


def _facts(quality: dataset.Quality) -> tuple[Fact, ...]:
    n_out = sum(share > _MUCH_OUT for share in quality.out_of_family_share.values())
    return (
        Fact(number=f"{quality.n_units:,}", label=f"units, {quality.n_fails} of them fails"),
        Fact(number=percent(quality.overall_missing_share), label="of all readings missing"),
        Fact(number=str(len(quality.constant)), label=f"of {quality.n_sensors} sensors constant"),
        Fact(number=str(len(quality.duplicate_of)), label="sensors that repeat another"),
        Fact(number=str(n_out), label="sensors with over 1% of readings out of family"),
        Fact(number=str(len(quality.never_measured)), label="sensors never measured"),
    )


def _months(moved: drift.MonthlyDrift, profile: drift.ReferenceProfile) -> tuple[Month, ...]:
    n_reference, n_edges = len(profile.sorted_readings), len(profile.psi_edges)
    noticeable = moved.share_beyond(drift.NOTICEABLE)
    large = moved.share_beyond(drift.LARGE)
    return tuple(
        Month(
            name=_month(month),
            n_units=int(n_units),
            noticeable=percent(noticeable[index]),
            large=percent(large[index]),
            # The mean of PSI between two draws from one distribution, to first order.
            by_chance=f"{n_edges * (1 / n_reference + 1 / n_units):.2f}",
        )
        for index, (month, n_units) in enumerate(zip(moved.months, moved.n_units, strict=True))
    )


def _month(month: np.datetime64) -> str:
    return f"{month.astype('datetime64[s]').item():%b %Y}"


def _cell(psi: float) -> Cell:
    limits = (drift.NOTICEABLE, drift.LARGE, 4 * drift.LARGE)
    return Cell(psi=f"{psi:.2f}", level=sum(psi >= limit for limit in limits))


def _missing_chart(quality: dataset.Quality) -> Markup:
    shares = np.array(list(quality.missing_share.values()))
    edges = np.linspace(0, 1, 21)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="y")
        counts = np.histogram(shares, edges)[0]
        axes.bar(edges[:-1], counts, np.diff(edges) * 0.9, align="edge", color=canvas.PASS)
        axes.set_yscale("symlog", linthresh=1)
        axes.set(xlim=(0, 1), ylim=(0, 3 * counts.max()), ylabel="sensors", xlabel="units without")
        for left, n_sensors in zip(edges[:-1], counts, strict=True):
            if n_sensors:
                axes.annotate(
                    str(n_sensors),
                    (left + 0.0225, n_sensors),
                    xytext=(0, 2),
                    textcoords="offset points",
                    ha="center",
                    fontsize=10,
                )
        axes.set_yticks([])
        axes.set_xlabel("share of units in which it was not measured")
        axis.in_percent(axes.xaxis)

    return canvas.draw(
        paint,
        name="missing",
        alt=f"Number of sensors by share of missing readings; {(shares == 0).sum()} of "
        f"{shares.size} miss none, {(shares > 0.5).sum()} miss more than half.",
    )


def _drift_chart(moved: drift.MonthlyDrift) -> Markup:
    shares = [
        (f"PSI of {drift.NOTICEABLE:g} and more", moved.share_beyond(drift.NOTICEABLE)),
        (f"PSI of {drift.LARGE:g} and more", moved.share_beyond(drift.LARGE)),
    ]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="y")
        at = np.arange(moved.months.size)
        for offset, (label, share), colour in zip(
            (-0.2, 0.2), shares, (canvas.PASS, canvas.AMBER), strict=True
        ):
            bars = axes.bar(at + offset, share, 0.38, color=colour, label=label)
            axes.bar_label(bars, [f"{value:.0%}" for value in share], padding=2, fontsize=11)
        axes.set_xticks(at, [_month(month).split()[0] for month in moved.months])
        axes.set_ylim(0, max(0.1, 1.15 * shares[0][1].max()))
        axes.set_ylabel("sensors")
        axis.in_percent(axes.yaxis)
        figure.legend(loc="outside upper left", ncols=2, handletextpad=0.4)

    return canvas.draw(
        paint,
        name="drift",
        alt="Share of sensors that had moved by month: "
        + ", ".join(
            f"{_month(month)} {share:.0%}"
            for month, share in zip(moved.months, shares[0][1], strict=True)
        )
        + f" with {shares[0][0]}.",
    )
