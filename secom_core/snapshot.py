"""Training data of a moment: the original units, and those scored since whose outcome is known.

A unit that was scored comes in as it was scored when its outcome was still to come, and weighs as
in live performance: flagged units are looked at because they are flagged, so that a few audited
ones must stand for all the others. What cannot be weighed stays out: outcomes of unflagged units
that nobody drew, and all of a bundle whose unflagged units nobody looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from secom_core.dataset import Units
from secom_core.dataset.parquet import UNITS_FILE, to_parquet
from secom_core.errors import RecordError, SensorCountError
from secom_core.outcomes import Board, Joined, join
from secom_core.outcomes.sampling import Sample, rolling_window, sample, scored_units
from secom_core.record import Records, concatenate, from_parquet
from secom_core.store import Store
from secom_core.store.predictions import prediction_keys, read_heads

FOLDER = "data/snapshots/"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """Training data of a moment.

    Parameters
    ----------
    units : Units
        In time order; the original ones themselves if nothing has come to them.
    n_new, n_new_fails : int
        Units that have come to the original ones, and the fails among them.
    n_left_out : int
        Outcomes of scored units that cannot be trained on.
    damaged : tuple of str
        Keys of recorded predictions that could not be read.
    """

    units: Units
    n_new: int
    n_new_fails: int
    n_left_out: int
    damaged: tuple[str, ...]


def take_snapshot(store: Store, original: Units, board: Board) -> Snapshot:
    """Put together what can be trained on now.

    Parameters
    ----------
    store : Store
        Holds the recorded predictions; readings are fetched of those only that come in.
    original : Units
    board : Board
        All outcomes.

    Raises
    ------
    SensorCountError
        If units were scored with other sensors than the original ones have.
    RecordError
        If a recorded prediction was replaced meanwhile.
    StoreError
        If the store is away or refuses.
    """
    damaged: list[str] = []
    heads, keys = _heads(store, damaged)
    joined = join(heads, board)
    samples = _samples(heads, joined)
    index = np.concatenate([np.empty(0, np.int64), *(each.index for each in samples)])
    new = Units(
        readings=_readings(store, heads.record_id[index], keys[index], original),
        is_fail=np.concatenate([np.empty(0, np.bool_), *(each.is_fail for each in samples)]),
        measured_at=_measured_at(heads.take(index)),
        source="",
        is_synthetic=original.is_synthetic,
        sensors=original.sensors,
        weight=np.concatenate([np.empty(0), *(each.weight for each in samples)]),
    )
    new = new.take(~_is_among(new.readings, original.readings))
    return Snapshot(
        units=extended(original, new),
        n_new=len(new),
        n_new_fails=int(np.count_nonzero(new.is_fail)),
        n_left_out=len(joined) - len(new),
        damaged=tuple(damaged),
    )


def extended(original: Units, new: Units) -> Units:
    """Return both in time order; of equal times the original ones first.

    Parameters
    ----------
    original : Units
    new : Units
        In any order.
    """
    if not len(new):
        return original
    measured_at = np.concatenate([original.measured_at, new.measured_at])
    weight = np.concatenate([original.weights, new.weights])
    unordered = replace(
        original,
        readings=np.concatenate([original.readings, new.readings]),
        is_fail=np.concatenate([original.is_fail, new.is_fail]),
        measured_at=measured_at,
        weight=None if np.all(weight == 1) else weight,
        source=f"{original.source} and {len(new)} units scored since",
    )
    return unordered.take(np.argsort(measured_at, kind="stable"))


def write_snapshot(store: Store, units: Units) -> str:
    """Write units where `dataset.load` finds them, whole or not at all.

    The address names the day of the last unit and the content, so that the same units are written
    to the same place.

    Returns
    -------
    str
        What `dataset.load` takes: `s3://bucket/data/snapshots/<day>-<digest>`.

    Raises
    ------
    StoreError
        If the store is away, refuses or is full.
    """
    day = units.measured_at[-1].astype("datetime64[D]")
    folder = f"{FOLDER}{day}-{units.digest[:12]}"
    store.put(f"{folder}/{UNITS_FILE}", to_parquet(units))
    return store.address(folder)


def _heads(store: Store, damaged: list[str]) -> tuple[Records, np.ndarray]:
    """Return each record once, and the key of the object that it lies in."""
    read = list(
        read_heads(store, prediction_keys(store), on_damage=lambda key, _: damaged.append(key))
    )
    records = concatenate([each for _, each in read])
    keys = np.repeat(
        np.array([key for key, _ in read], dtype=object), [len(each) for _, each in read]
    )
    _, first = np.unique(records.record_id, return_index=True)
    return records.take(first), keys[first]


def _samples(records: Records, joined: Joined) -> list[Sample]:
    """Return, of each bundle, the units that stand for all that it has scored."""
    samples = []
    for bundle in np.unique(records.bundle[joined.index]):
        units = scored_units(records, joined, bundle=bundle)
        window = rolling_window(records, joined, units, n_units=len(units))
        samples.append(sample(records, joined, window))
    return [each for each in samples if not (each.lacks_flagged or each.lacks_unflagged_passes)]


def _readings(
    store: Store, record_ids: np.ndarray, keys: np.ndarray, original: Units
) -> np.ndarray:
    readings = np.empty((len(record_ids), len(original.sensors)))
    for key in np.unique(keys):
        records = from_parquet(store.get(key))
        if records.readings.shape[1] != len(original.sensors):
            raise SensorCountError(records.readings.shape[1], len(original.sensors))
        place = {name: row for row, name in enumerate(records.record_id.tolist())}
        wanted = np.flatnonzero(keys == key)
        if not place.keys() >= set(record_ids[wanted].tolist()):
            message = f"{store.address(key)} was replaced while it was read. Try again."
            raise RecordError(message)
        readings[wanted] = records.readings[[place[name] for name in record_ids[wanted].tolist()]]
    return readings


def _measured_at(records: Records) -> np.ndarray:
    """Return the line's time, or that of scoring where none was sent."""
    scored_at = records.scored_at.astype("datetime64[s]")
    return np.where(np.isnat(records.measured_at), scored_at, records.measured_at)


def _is_among(readings: np.ndarray, originals: np.ndarray) -> np.ndarray:
    """Whether each unit is an original one that was scored again: it would be held out twice."""
    known = {row.tobytes() for row in _alike(originals)}
    return np.array([row.tobytes() in known for row in _alike(readings)], dtype=np.bool_)


def _alike(readings: np.ndarray) -> np.ndarray:
    """Return readings in which equal ones are equal bytes: one zero, and one NaN."""
    return np.where(np.isnan(readings), np.nan, readings + 0.0)
