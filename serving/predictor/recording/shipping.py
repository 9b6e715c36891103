"""From a segment to an object in the store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from secom_core.errors import RecordError
from secom_core.record import Records, concatenate, object_key, to_parquet
from secom_core.store import Store
from serving.predictor.recording.entries import Origin, to_records
from serving.predictor.recording.frames import read_frames
from serving.predictor.recording.segments import held, segments_in

DAMAGED = ".damaged"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a segment holds.

    Parameters
    ----------
    records : Records
        What can be read, in order.
    sensors : tuple of str
        Names of their readings.
    damage : str
        Why the rest cannot be read; empty where there is none.
    n_torn : int
        Bytes of a last frame that was cut off; nobody was answered who wrote it.
    """

    records: Records
    sensors: tuple[str, ...] = ()
    damage: str = ""
    n_torn: int = 0


def read_segment(content: bytes) -> Contents:
    """Read as much of a segment as can be read."""
    frames = read_frames(content)
    damage = f"its last {frames.n_spare} bytes are no frames" if frames.is_damaged else ""
    n_torn = 0 if frames.is_damaged else frames.n_spare
    if not frames.pieces:
        return Contents(records=concatenate([]), damage=damage, n_torn=n_torn)
    try:
        origin = Origin.from_piece(frames.pieces[0])
        records = to_records(frames.pieces[1:], origin)
    except RecordError as exc:
        return Contents(records=concatenate([]), damage=str(exc))
    return Contents(records=records, sensors=origin.sensors, damage=damage, n_torn=n_torn)


def ship(path: Path, store: Store) -> int:
    """Bring a segment to the store, unless somebody else writes or ships it; return its units.

    It is removed once the store has it. A damaged one is set aside instead, for somebody to look
    at, once the store has what can be read of it.

    Raises
    ------
    StoreError
        If the store is away, refuses or is full: the segment stays.
    OSError
        If the segment cannot be read or removed: it stays too.
    """
    with held(path) as file:
        if file is None:
            return 0
        contents = read_segment(file.read())
        n_units = len(contents.records)
        if n_units:
            key = object_key(path.stem, date.fromisoformat(path.stem[:8]))
            store.put(key, to_parquet(contents.records, contents.sensors))
            _logger.debug("shipped", extra={"fields": {"key": key, "units": n_units}})
        _remove(path, contents)
        return n_units


def _remove(path: Path, contents: Contents) -> None:
    fields: dict[str, object] = {"segment": path.name, "units_read": len(contents.records)}
    if contents.damage:
        aside = path.with_suffix(DAMAGED)
        path.rename(aside)
        fields |= {"why": contents.damage, "kept_as": str(aside)}
        _logger.error("a segment is damaged", extra={"fields": fields})
        return
    path.unlink()
    if contents.n_torn:
        fields |= {"bytes": contents.n_torn}
        _logger.warning("a segment ends in the middle of a request", extra={"fields": fields})


def units_left(folder: Path) -> int:
    """Count the units in a folder of segments.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    return sum(len(read_segment(path.read_bytes()).records) for path in segments_in(folder))
