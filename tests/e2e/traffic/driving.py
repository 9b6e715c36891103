"""Traffic in a process of its own, around whatever a test does to the servers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from secom_core.bundle import Bundle
from tests.e2e.traffic.asking import Questions
from tests.e2e.traffic.figures import Figures, Mishap

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a predictor answers."""

    host: str
    rest_port: int
    grpc_port: int


@dataclass(slots=True)
class Traffic:
    """Traffic that flows; its figures are there once it has ended."""

    process: subprocess.Popen[str]
    figures: dict[str, Figures] = field(default_factory=dict)
    """By protocol."""

    def __str__(self) -> str:
        """State the figures of both protocols."""
        return "\n".join(f"{name}: {seen}" for name, seen in self.figures.items())

    def require_lossless(self, *, rate: float = 100.0, p99_seconds: float = 0.5) -> None:
        """Require that no request failed, at a rate and with latencies that count."""
        for name, seen in self.figures.items():
            assert not seen.failures, f"{name}: {seen}"
            assert seen.rate >= rate, f"{name}: {seen}"
            assert seen.p99_seconds < p99_seconds, f"{name}: {seen}"


Driving = Callable[[str], AbstractContextManager[Traffic]]
"""Drives traffic around an event that it is told the name of."""


def questions_about(bundles: Sequence[Bundle]) -> Questions:
    """Return the golden requests of bundles that share them, with each one's answers."""
    readings = bundles[0].golden.readings
    for bundle in bundles:
        np.testing.assert_array_equal(bundle.golden.readings, readings)
    return Questions(
        readings=[[None if np.isnan(one) else one for one in unit] for unit in readings.tolist()],
        risks={bundle.digest: bundle.golden.risk.tolist() for bundle in bundles},
    )


@contextmanager
def driving(
    target: Target, questions: Questions, *, folder: Path, rate: float = 110.0
) -> Iterator[Traffic]:
    """Ask steadily over REST and gRPC while the body runs.

    Parameters
    ----------
    target : Target
    questions : Questions
    folder : Path
        Where to put the questions.
    rate : float
        Requests per second over each protocol.
    """
    file = folder / "questions.json"
    file.write_text(json.dumps(asdict(questions)))
    command = [sys.executable, "-m", "tests.e2e.traffic", str(file)]
    command += map(str, (target.host, target.rest_port, target.grpc_port, rate))
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "flowing\n", "no traffic: see standard error"
            traffic = Traffic(process)
            yield traffic
            content, _ = process.communicate(timeout=60)  # closes its standard input
            traffic.figures |= {name: _figures(one) for name, one in json.loads(content).items()}
        finally:
            process.kill()


def _figures(fields: dict) -> Figures:
    mishaps = {
        name: [Mishap(**one) for one in fields.pop(name)] for name in ("repeats", "failures")
    }
    return Figures(**fields | mishaps)
