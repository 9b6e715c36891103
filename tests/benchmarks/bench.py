"""The whole measurement, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from secom_core.dataset import Units
from tests.benchmarks import batch, drift_cost, environments, figures, models, sides
from tests.benchmarks.agreement import require_agreement
from tests.benchmarks.cases import CASES, Bodies, Case, write_bodies
from tests.benchmarks.figures import Target
from tests.benchmarks.models import FOREST, LOGISTIC, Served
from tests.benchmarks.processes import running
from tests.benchmarks.rounds import Measured, Tell, measure, time_starts
from tests.benchmarks.sides import Side

_SHOWN = (Case("JSON", 1, 8), Case("JSON", 100, 8))
_ASKED_OF_NOTHING = (Case("JSON", 1, 8), Case("JSON", 100, 8), Case("binary", 100, 8))
_RECORDED = (Case("JSON", 1, 8), Case("JSON", 1, 1))
_BATCH_ROUNDS = 3
_DRIFT_ROUNDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How often and how long."""

    rounds: int
    seconds: int
    with_batch: bool
    cache: Path
    folder: Path
    tell: Tell

    @property
    def log(self) -> Path:
        """Where servers write."""
        return self.folder / "servers.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came out."""

    names: tuple[str, ...]
    logistic: Measured
    forest: Measured
    nothing: Measured
    recording: Measured
    batch: batch.Batch | None
    drift: drift_cost.DriftCost
    targets: tuple[Target, ...]
    notes: list[str] = field(default_factory=list)


def run(units: Units, settings: Settings) -> Found:
    """Make the models and measure everything."""
    notes: list[str] = []
    served = {family: models.make(family, units, settings.folder) for family in (FOREST, LOGISTIC)}
    bodies = {case: write_bodies(case, units.readings, settings.folder) for case in CASES}
    compared = _sides(served[LOGISTIC], settings, notes)
    _check(compared, served[LOGISTIC], bodies, units, settings)
    logistic = _measure(compared, bodies, CASES, settings)
    time_starts(compared, logistic, n_rounds=settings.rounds, log=settings.log, tell=settings.tell)
    forest = served[FOREST]
    shown = [sides.ours(forest), sides.stock(forest), sides.floor(forest)]
    in_pair = [sides.ours(served[LOGISTIC])]
    in_pair.append(sides.recording(served[LOGISTIC], settings.folder / "records"))
    recording = _measure(in_pair, bodies, _RECORDED, settings)
    of_batch = _batch(served, units, settings, notes)
    evidently = _environment("Evidently", environments.EVIDENTLY, settings, notes)
    drift = drift_cost.measure(
        units.readings, evidently, n_rounds=_DRIFT_ROUNDS, tell=settings.tell
    )
    return Found(
        names=tuple(side.name for side in compared),
        logistic=logistic,
        forest=_measure(shown, bodies, _SHOWN, settings),
        nothing=_measure([sides.nothing()], bodies, _ASKED_OF_NOTHING, replace(settings, rounds=1)),
        recording=recording,
        batch=of_batch,
        drift=drift,
        targets=(
            *figures.serving_targets(logistic),
            figures.recording_target(recording),
            *(batch.targets(of_batch) if of_batch else ()),
            *drift_cost.targets(drift),
        ),
        notes=notes,
    )


def _sides(served: Served, settings: Settings, notes: list[str]) -> list[Side]:
    compared = [sides.ours(served), sides.stock(served), sides.floor(served)]
    python = _environment(sides.MLSERVER, environments.MLSERVER, settings, notes)
    if python:
        compared.append(sides.mlserver(served, python))
    return compared


def _environment(
    name: str, wanted: tuple[str, ...], settings: Settings, notes: list[str]
) -> Path | None:
    settings.tell(f"{name}'s environment")
    try:
        return environments.build(settings.cache / wanted[0].replace("==", "-"), wanted)
    except environments.NotBuiltError as exc:
        notes.append(f"{name} not measured: {exc}")
        return None


def _check(
    compared: list[Side],
    served: Served,
    bodies: Mapping[Case, Bodies],
    units: Units,
    settings: Settings,
) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(running(side, settings.log)) for side in compared]
        require_agreement(servers, served, bodies[Case("JSON", 1, 1)], units.readings)


def _measure(
    compared: list[Side],
    bodies: Mapping[Case, Bodies],
    cases: tuple[Case, ...],
    settings: Settings,
) -> Measured:
    return measure(
        compared,
        {case: bodies[case] for case in cases},
        n_rounds=settings.rounds,
        seconds=settings.seconds,
        log=settings.log,
        tell=settings.tell,
    )


def _batch(
    served: Mapping[str, Served], units: Units, settings: Settings, notes: list[str]
) -> batch.Batch | None:
    if not settings.with_batch:
        notes.append("Batch not measured: --no-batch.")
        return None
    if not batch.is_there():
        notes.append("Batch not measured: there is no `secom predict`.")
        return None
    return batch.measure(served, units, settings.folder, n_rounds=_BATCH_ROUNDS, tell=settings.tell)
