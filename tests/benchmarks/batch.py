"""Batch: `secom predict` against pandas with scikit-learn, whole processes on the same files.

Unlike servers, both may use every processor: what a side leaves idle counts against it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from secom_core.dataset import Units
from tests.benchmarks.figures import Target
from tests.benchmarks.models import FOREST, LOGISTIC, Served
from tests.benchmarks.processes import ROOT, tree_memory
from tests.benchmarks.rounds import Tell

N_UNITS = 100_000
_TIMES = 10
"""How often the file lies in the large folder."""
_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Batch:
    """Seconds of each round by what was run, and the most memory that it held."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    peak_bytes: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, seconds: float, peak: float) -> None:
        """Note a round."""
        self.seconds.setdefault(name, []).append(seconds)
        self.peak_bytes[name] = max(peak, self.peak_bytes.get(name, 0.0))


def is_there() -> bool:
    """Whether the command line has `predict`."""
    command = [sys.executable, "-m", "pipelines.cli", "predict", "--help"]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 0


def measure(
    models: Mapping[str, Served], units: Units, folder: Path, *, n_rounds: int, tell: Tell
) -> Batch:
    """Score 10^5 units with every model on both sides, then 10^6 once with ours."""
    small, large = _write_files(units, folder)
    batch = Batch()
    for number in range(n_rounds):
        for family, served in models.items():
            tell(f"batch, round {number + 1} of {n_rounds}: {family}")
            batch.add(f"ours, {family}", *_ours(served, small, folder))
            batch.add(f"pandas, {family}", *_pandas(served, small, folder))
        start = time.perf_counter()
        pq.read_table(small)
        batch.add("pyarrow.read_table", time.perf_counter() - start, 0.0)
    tell(f"batch: {N_UNITS * _TIMES} units")
    batch.add("ours, 10^6 units", *_ours(models[LOGISTIC], large, folder))
    return batch


def targets(batch: Batch) -> list[Target]:
    """Compare with what is wanted."""
    return [
        Target(
            work=f"batch, {family}: units/s",
            against="pandas + scikit-learn",
            wanted=wanted,
            ratios=tuple(
                theirs / ours
                for ours, theirs in zip(
                    batch.seconds[f"ours, {family}"],
                    batch.seconds[f"pandas, {family}"],
                    strict=True,
                )
            ),
        )
        for family, wanted in ((FOREST, 10.0), (LOGISTIC, 4.0))
    ] + [
        Target(
            work="batch: memory at 10^5 units / at 10^6",
            against="itself",
            wanted=1 / 1.2,
            ratios=(batch.peak_bytes[f"ours, {LOGISTIC}"] / batch.peak_bytes["ours, 10^6 units"],),
        )
    ]


def _write_files(units: Units, folder: Path) -> tuple[Path, Path]:
    rows = np.arange(N_UNITS) % len(units)
    readings = units.readings[rows]
    table = pa.table({name: readings[:, column] for column, name in enumerate(units.sensors)})
    small, large = folder / "small", folder / "large"
    small.mkdir()
    large.mkdir()
    pq.write_table(table, small / "0.parquet", row_group_size=10_000)
    for number in range(_TIMES):
        os.link(small / "0.parquet", large / f"{number}.parquet")
    return small, large


def _ours(served: Served, source: Path, folder: Path) -> tuple[float, float]:
    target = folder / "ours"
    command = [sys.executable, "-m", "pipelines.cli", "predict", "--bundle", str(served.bundle)]
    return _timed([*command, "--input", str(source), "--output", str(target)], target)


def _pandas(served: Served, source: Path, folder: Path) -> tuple[float, float]:
    target = folder / "pandas.parquet"
    command = [sys.executable, "-m", "tests.benchmarks.stock_batch", str(served.pickle)]
    return _timed([*command, str(source), str(target)], target)


def _timed(command: Sequence[str], target: Path) -> tuple[float, float]:
    """Run a command; return its seconds and the most memory that it and its children held."""
    peak, start = 0, time.perf_counter()
    with psutil.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        while process.poll() is None:
            peak = max(peak, tree_memory(process))
            time.sleep(_LOOK_EVERY)
        took = time.perf_counter() - start
        if process.returncode:
            message = f"{' '.join(command)} failed: {process.stderr.read().decode()[-2000:]}"
            raise RuntimeError(message)
    shutil.rmtree(target, ignore_errors=True)
    target.unlink(missing_ok=True)
    return took, peak
