"""Which units to inspect first, and which sensors speak for it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np

from secom_core.bundle import Bundle
from secom_core.columns import to_arrow
from secom_core.explain import effects
from serving.predictor.batch import parts
from serving.predictor.batch.jobs import Job
from serving.predictor.batch.rows import MEASURED_AT, UNIT_ID, Rows
from serving.predictor.batch.workers import in_order

N_MOVERS = 5
_EXPLAINED_AT_ONCE = 64
"""Units; fixed, so that the last bit of an effect does not depend on how many cores there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A sensor that moved a unit's risk.

    Parameters
    ----------
    sensor : str
    reading, usual : float
        As measured, and the median of the reference window.
    effect : float
        Risk as measured less the risk with the usual reading: above 0 where it raised the risk.
    """

    sensor: str
    reading: float
    usual: float
    effect: float

    @property
    def direction(self) -> str:
        """Whether the reading is `high` or `low` for this sensor."""
        return "high" if self.reading > self.usual else "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A unit on the list.

    Parameters
    ----------
    part, line : int
        Where it is.
    file, unit_id, measured_at : str
        For people; empty where the input gives none.
    risk : float
    flagged : bool
    movers : tuple of Mover
        The strongest first.
    """

    part: int
    line: int
    file: str
    unit_id: str
    measured_at: str
    risk: float
    flagged: bool
    movers: tuple[Mover, ...] = ()


class Shortlist:
    """Keeps the units of the largest risk; of equal ones the first.

    Parameters
    ----------
    n_units : int
        How many at most.
    """

    def __init__(self, n_units: int) -> None:
        self._n_units = n_units
        self._best: list[Listed] = []

    @property
    def best(self) -> Sequence[Listed]:
        """The units, the largest risk first."""
        return self._best

    def add(self, index: int, part: parts.Part) -> None:
        """Look through a part; to be called in the order of the parts."""
        is_full = len(self._best) == self._n_units
        floor = self._best[-1].risk if is_full and self._best else -np.inf
        candidates = chain(self._best, _top(index, part, self._n_units, floor))
        self._best = heapq.nlargest(self._n_units, candidates, key=lambda unit: unit.risk)


def movers(job: Job, listed: Sequence[Listed], n_workers: int) -> list[tuple[Mover, ...]]:
    """Return the `N_MOVERS` sensors that moved the risk of each unit most.

    The readings of these units are read again: few units are listed, and none has to be kept
    from a run that was killed.
    """
    if not listed:
        return []
    readings, medians = _readings(job, listed, n_workers), job.bundle.reference.median
    pieces = (
        (start, partial(effects, job.bundle, readings[start : start + _EXPLAINED_AT_ONCE], medians))
        for start in range(0, len(listed), _EXPLAINED_AT_ONCE)
    )
    amounts = np.concatenate([piece for _, piece in in_order(pieces, n_workers)])
    return [
        tuple(_strongest(job.bundle, units, medians, amount))
        for units, amount in zip(readings, amounts, strict=True)
    ]


def _top(index: int, part: parts.Part, n_units: int, floor: float) -> Iterator[Listed]:
    risk = part.risk
    above = np.flatnonzero(risk > floor)
    order = above[np.argsort(-risk[above], kind="stable")[:n_units]]
    for unit in part.table.take(to_arrow(order)).to_pylist():
        yield Listed(
            part=index,
            line=unit[parts.LINE],
            file=unit[parts.FILE],
            unit_id=_text(unit.get(UNIT_ID)),
            measured_at=_text(unit.get(MEASURED_AT)),
            risk=unit[parts.RISK],
            flagged=unit[parts.FLAGGED],
        )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _readings(job: Job, listed: Sequence[Listed], n_workers: int) -> np.ndarray:
    lines: dict[int, list[int]] = {}
    for unit in listed:
        lines.setdefault(unit.part, []).append(unit.line)
    readings = {
        (part, int(line)): reading
        for part, (found, table) in in_order(_picks(job, lines), n_workers)
        for line, reading in zip(found, table, strict=True)
    }
    return np.stack([readings[unit.part, unit.line] for unit in listed])


def _picks(
    job: Job, lines: dict[int, list[int]]
) -> Iterator[tuple[int, partial[tuple[np.ndarray, np.ndarray]]]]:
    for part in sorted(lines):
        task, wanted = job.tasks[part], np.array(sorted(lines[part]))
        for read in job.form(task.file).tasks(task.span, only=wanted):
            yield part, partial(_pick, read, wanted)


def _pick(read: Callable[[], Rows], wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = read()
    units = np.flatnonzero(np.isin(rows.lines, wanted))
    return rows.lines[units], rows.readings.take(units)


def _strongest(
    bundle: Bundle, readings: np.ndarray, medians: np.ndarray, amounts: np.ndarray
) -> Iterator[Mover]:
    for place in np.argsort(-np.abs(amounts), kind="stable")[:N_MOVERS]:
        if amounts[place]:
            sensor = bundle.sensors_read[place]
            yield Mover(
                sensor=bundle.contract.sensors[sensor],
                reading=float(readings[sensor]),
                usual=float(medians[sensor]),
                effect=float(amounts[place]),
            )
