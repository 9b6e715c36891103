"""Rounds: every side is asked the same in turn, then all over again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import stages
from tests.benchmarks.cases import Bodies, Case
from tests.benchmarks.load import Seen, put_load
from tests.benchmarks.processes import Running, running
from tests.benchmarks.sides import OURS, Side

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """What all rounds saw, by side."""

    seen: dict[tuple[Case, str], list[Seen]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # bytes
    seconds_to_ready: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    stage_seconds: dict[Case, stages.Stages] = field(default_factory=dict)


def measure(
    sides: Sequence[Side],
    bodies: Mapping[Case, Bodies],
    *,
    n_rounds: int,
    seconds: int,
    log: Path,
    tell: Tell,
) -> Measured:
    """Start all sides, warm them up, and ask each every case in every round."""
    measured = Measured()
    with ExitStack() as stack:
        servers = [stack.enter_context(running(side, log)) for side in sides]
        for case, of_case in bodies.items():
            for server in _asked(servers, case):
                put_load(server, case, of_case, 1)
        for number in range(n_rounds):
            for case, of_case in bodies.items():
                tell(f"round {number + 1} of {n_rounds}: {case}")
                # Who comes first changes, lest the machine's mood favour one.
                for server in _asked(servers, case)[:: -1 if number % 2 else 1]:
                    _round(server, case, of_case, seconds, measured)
            for server in servers:
                measured.memory[server.side.name].append(server.memory())
    return measured


def time_starts(
    sides: Sequence[Side], measured: Measured, *, n_rounds: int, log: Path, tell: Tell
) -> None:
    """Start each side several times, in turn, and note how long it took until ready."""
    for number in range(n_rounds):
        tell(f"start {number + 1} of {n_rounds}")
        for side in sides:
            with running(side, log) as server:
                measured.seconds_to_ready[side.name].append(server.seconds_to_ready)


def _asked(servers: Sequence[Running], case: Case) -> list[Running]:
    return [server for server in servers if case.fits(server.side)]


def _round(server: Running, case: Case, bodies: Bodies, seconds: int, measured: Measured) -> None:
    name = server.side.name
    before = stages.read(server.side) if name == OURS else None
    measured.seen[case, name].append(put_load(server, case, bodies, seconds))
    if before is not None:
        spent = stages.difference(stages.read(server.side), before)
        known = measured.stage_seconds.get(case)
        measured.stage_seconds[case] = stages.together(known, spent) if known else spent
