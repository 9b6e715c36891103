"""What is printed and kept."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from datetime import datetime
from typing import Any

import psutil

from secom_core.dataset import Units
from tests.benchmarks import drift_cost, stages, tables
from tests.benchmarks.batch import N_UNITS
from tests.benchmarks.bench import Found, Settings
from tests.benchmarks.figures import spread
from tests.benchmarks.rounds import Measured
from tests.benchmarks.sides import FLOOR, NOTHING, OURS, RECORDING, STOCK

_ALIKE = (
    "All sides alike: one process, one thread for ONNX Runtime and BLAS, the same bodies and "
    "connections, keep-alive on. The floor serves the same bundle without checks, names of units "
    "or metrics. More workers are no row: one process serves a bundle here, and more of them are "
    "more pods, each with a port and metrics of its own."
)


def machine(units: Units, settings: Settings, *, at: datetime, took: float) -> str:
    """Say where, when and on what this was measured."""
    memory = psutil.virtual_memory().total / 2**30
    data = "synthetic twin" if units.is_synthetic else "real units"
    return (
        f"{at:%Y-%m-%d}, {os.cpu_count()} processors ({platform.machine()}), {memory:.0f} GiB, "
        f"Python {platform.python_version()}; {data}; {settings.rounds} alternating rounds of "
        f"{settings.seconds} s, warm, medians [quartiles]; {took / 60:.1f} minutes in all."
    )


def to_markdown(found: Found, where: str) -> str:
    """Return every table with its heading."""
    of_forest = (OURS, STOCK, FLOOR)
    parts = {
        "Targets (logistic regression)": tables.targets_table(found.targets),
        "Requests/s, logistic regression": tables.rates_table(found.logistic, found.names),
        "Latency at one connection": tables.latency_table(found.logistic, found.names),
        "Memory and start": tables.weight_table(found.logistic, found.names),
        "Where a request's time goes (ours, one connection)": tables.stages_table(
            found.logistic, OURS
        ),
        "Requests/s, reference forest (shown, not judged)": tables.rates_table(
            found.forest, of_forest
        ),
        "What it costs to record every unit": tables.rates_table(
            found.recording, (OURS, RECORDING)
        ),
        "Who was busy": tables.busy_table(found.logistic, found.names),
        "What the generator can ask: a server that does nothing": tables.rates_table(
            found.nothing, (NOTHING,)
        ),
    }
    parts["Looking for drift"] = _drift_table(found)
    if found.batch:
        parts["Batch from Parquet"] = _batch_table(found)
    text = "\n\n".join(f"### {heading}\n\n{table}" for heading, table in parts.items())
    notes = "".join(f"\n{note}" for note in found.notes)
    return f"{where}\n{_ALIKE}\n\n{text}\n{notes}"


def to_json(found: Found, where: str) -> dict[str, Any]:
    """Return every round of everything."""
    return {
        "machine": where,
        "notes": found.notes,
        "targets": [target.to_json() for target in found.targets],
        "logistic": _measured(found.logistic),
        "forest": _measured(found.forest),
        "nothing": _measured(found.nothing),
        "recording": _measured(found.recording),
        "batch": asdict(found.batch) if found.batch else None,
        "drift": asdict(found.drift),
    }


def _measured(measured: Measured) -> dict[str, Any]:
    return {
        "rounds": [
            {"case": str(case), "side": side, **asdict(one)}
            for (case, side), seen in measured.seen.items()
            for one in seen
        ],
        "memory_bytes": measured.memory,
        "seconds_to_ready": measured.seconds_to_ready,
        "stage_microseconds": {
            str(case): stages.mean_microseconds(spent)
            for case, spent in measured.stage_seconds.items()
        },
    }


def _drift_table(found: Found) -> str:
    seconds = {"ours": spread(found.drift.ours).median, drift_cost.STOCK: found.drift.stock}
    rows = [(name, f"{1000 * took:,.0f}" if took else "–") for name, took in seconds.items()]
    return tables.table(("1,000 units v 1,000, every sensor", "ms"), rows)


def _batch_table(found: Found) -> str:
    rows = []
    for name, seconds in found.batch.seconds.items():
        n_units = N_UNITS * (10 if "10^6" in name else 1)
        peak = found.batch.peak_bytes[name] / 2**20
        rows.append(
            (name, f"{n_units / spread(seconds).median:,.0f}", f"{peak:,.0f}" if peak else "–")
        )
    return tables.table(("", "units/s", "most memory (PSS), MiB"), rows)
