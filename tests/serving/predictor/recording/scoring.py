"""Scoring units in this process, and reading back what was kept of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from secom_core.bundle import Bundle, Verdicts
from secom_core.record import FOLDER, Records, concatenate, from_parquet
from secom_core.store import Store
from serving.predictor.recording.recorder import Recorder
from serving.predictor.recording.segments import segments_in
from serving.predictor.recording.shipping import read_segment


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Return them."""
        return self.seconds


def score(recorder: Recorder, bundle: Bundle, readings: np.ndarray, *, ids=None, **options):
    """Judge and record units as the server does; return their audit marks."""
    options = {"request_id": "request", "measured_at": None, **options}
    ids = ids or [f"unit-{number}" for number in range(len(readings))]
    return recorder.record(bundle.judge(readings), readings, unit_ids=ids, **options)


def verdicts_of(n: int, *, flagged: bool = False) -> Verdicts:
    """Return the same verdict for each of `n` units."""
    return Verdicts(np.full(n, 0.5), np.full(n, flagged))


def in_folder(folder: Path) -> Records:
    """Return everything that can be read in a folder of segments."""
    return concatenate([read_segment(path.read_bytes()).records for path in segments_in(folder)])


def in_store(store: Store) -> Records:
    """Return every record of the store, repeats among them."""
    return concatenate([from_parquet(store.get(key)) for key in store.list(FOLDER)])
