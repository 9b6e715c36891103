"""Measure drift monitoring: false alarms, detection, and what the months of the line show.

Run it with `python -m tests.benchmarks.drift`; SECOM_DATA says where the real units are.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from secom_core import bundle, training
from secom_core.config import TrainingConfig
from secom_core.dataset import Units, user_cache
from secom_core.drift.watch import (
    WINDOW_UNITS,
    DriftVerdict,
    Scored,
    compare,
    cut_windows,
    judge_drift,
)
from secom_core.evidence import REFERENCE
from secom_core.windows import timeline
from tests.benchmarks import models
from tests.benchmarks.drift_rates import (
    ALERTS,
    N_REFERENCE,
    detection,
    false_alarms,
    shiftable,
)

_N_KNOWN = 1000
"""Units that the bundle of the replay is made from: it sees 800, and windows begin there."""


@click.command()
@click.option("--draws", type=click.IntRange(1), default=200, show_default=True, help="Shuffles.")
@click.option("--runs", type=click.IntRange(1), default=100, show_default=True, help="Shifts.")
def main(draws: int, runs: int) -> None:
    """Measure drift monitoring; print tables."""
    units = models.load_units(user_cache(os.environ))
    with tempfile.TemporaryDirectory(prefix="secom-drift-") as folder:
        served = fit_bundle(units, Path(folder) / "bundle")
        line = scored(served, units)
        _tell("Window ends", _REPLAY, map(_replay_row, replay(served, units)))
    _tell("Alarms on shuffled units", ALERTS, _false_alarm_rows(line, draws))
    half = (len(units) - N_REFERENCE) // 2
    names = (f"windows of {WINDOW_UNITS}", f"windows of {half}")
    _tell("Half a sigma in five of", names, _detection_rows(line, runs, sizes=(WINDOW_UNITS, half)))


def fit_bundle(units: Units, folder: Path) -> bundle.Bundle:
    """Fit the reference procedure as a run would that knew the first units only."""
    known = units.window(slice(0, _N_KNOWN))
    bundle.write(training.fit_contender(REFERENCE, known, TrainingConfig()).parts, folder)
    return bundle.read(folder)


def scored(served: bundle.Bundle, units: Units) -> Scored:
    """Score units as a server does."""
    verdicts = served.judge(units.readings)
    return Scored(
        readings=units.readings,
        risk=verdicts.risk,
        flagged=verdicts.flagged,
        scored_at=units.measured_at,
    )


def replay(served: bundle.Bundle, units: Units) -> Iterator[DriftVerdict]:
    """Judge every window that came after what the bundle has seen, as a monitor would."""
    cuts = timeline(_N_KNOWN, TrainingConfig().shares)
    reference = served.watched()
    line = scored(served, units.window(slice(cuts.cut, len(units))))
    history = []
    for cut in cut_windows(len(line)):
        history.append(compare(reference, line.window(cut)))
        yield judge_drift(
            history,
            sensors_read=served.sensors_read,
            baseline=served.drift_baseline,
            max_inspection_rate=served.operating_point.max_inspection_rate,
        )


def _false_alarm_rows(line: Scored, n_draws: int) -> Iterator[Sequence[object]]:
    rest = len(line) - N_REFERENCE
    for n_reference, size in ((N_REFERENCE, rest // 2), (N_REFERENCE, WINDOW_UNITS), (rest, 200)):
        found = false_alarms(line, n_draws=n_draws, n_reference=n_reference, size=size)
        n_windows = (len(line) - n_reference) // size
        yield f"{n_reference} units, then {n_windows} windows of {size}", *found.values()


def _detection_rows(
    line: Scored, n_draws: int, *, sizes: Sequence[int]
) -> Iterator[Sequence[object]]:
    for name, most in (("measured in half of the units", 0.5), ("that vary at all", 1.0)):
        columns = shiftable(line.readings, max_missing_share=most)
        found = [detection(line, columns, n_draws=n_draws, size=size) for size in sizes]
        yield f"{columns.size} sensors {name}", *found


_REPLAY = ("sensors drift", "far", "of those read", "baseline", "risks", "flagged")


def _replay_row(verdict: DriftVerdict) -> Sequence[object]:
    flagging, risk = verdict.flagging, verdict.risk
    return (
        verdict.ended_at,
        len(verdict.sensors),
        sum(sensor.is_large for sensor in verdict.sensors),
        f"{verdict.share_drifting:.0%}",
        f"{verdict.baseline:.0%}",
        f"{'drift' if risk.is_drifting else 'hold'}, p {risk.p_value:.2g}, PSI {risk.psi:.2f}",
        f"{flagging.share:.0%} ({flagging.low:.0%} to {flagging.high:.0%})",
    )


def _tell(head: str, names: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    click.echo(f"| {head} | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    for row in rows:
        click.echo(f"| {' | '.join(map(str, row))} |")
    click.echo()


if __name__ == "__main__":
    main()
