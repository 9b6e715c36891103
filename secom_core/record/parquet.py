"""Records as one typed Parquet file, of which any tool makes sense."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from secom_core.columns import to_arrow, to_numpy
from secom_core.errors import RecordError
from secom_core.record.records import Records

_FORMAT = "secom.records/1"
_TEXTS = ("record_id", "unit_id", "bundle", "request_id")
_TYPES = {
    "record_id": pa.string(),
    "scored_at": pa.timestamp("us", tz="UTC"),
    "unit_id": pa.string(),
    "measured_at": pa.timestamp("ms"),  # Parquet knows no seconds
    "risk": pa.float64(),
    "flagged": pa.bool_(),
    "audited": pa.bool_(),
    "audit_share": pa.float64(),
    "bundle": pa.string(),
    "request_id": pa.string(),
}
_INT64 = np.dtype(np.int64)


def to_parquet(records: Records, sensors: Sequence[str]) -> bytes:
    """Return `records` as a Parquet file; the same records give the same bytes.

    Beside the columns of `Records` there is a float64 for each sensor, null where it was not
    measured.

    Parameters
    ----------
    records : Records
    sensors : sequence of str
        Names of the columns of `records.readings`.

    Raises
    ------
    RecordError
        If a name is missing or too many.
    """
    if records.readings.shape[1] != len(sensors):
        message = (
            f"expected names of {records.readings.shape[1]} sensors, as many as a unit of these "
            f"records has readings; got {len(sensors)}."
        )
        raise RecordError(message)
    columns = [_to_column(name, getattr(records, name)) for name in _TYPES]
    columns += [_to_readings(readings) for readings in records.readings.T]
    schema = _schema(sensors).with_metadata({"secom.format": _FORMAT})
    sink = pa.BufferOutputStream()
    parquet.write_table(
        pa.table(columns, schema=schema),
        sink,
        compression="zstd",
        use_dictionary=["bundle", "request_id"],  # readings hardly repeat
        write_statistics=["scored_at", "risk", "flagged"],  # each costs bytes in every file
    )
    return sink.getvalue().to_pybytes()


def from_parquet(content: bytes) -> Records:
    """Read what `to_parquet` wrote.

    Raises
    ------
    RecordError
        If it is not such a file, or not a whole one.
    """
    try:
        table = parquet.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as exc:
        message = f"these {len(content)} bytes are no whole Parquet file ({exc})."
        raise RecordError(message) from exc
    found = (table.schema.metadata or {}).get(b"secom.format", b"none of them")
    sensors = table.column_names[len(_TYPES) :]
    if found != _FORMAT.encode() or not table.schema.equals(_schema(sensors)):
        shown = found.decode(errors="replace")
        message = f"this Parquet file does not hold records in the form {_FORMAT} (found {shown})."
        raise RecordError(message)
    columns = {name: table[name].to_numpy() for name in _TYPES}
    columns["measured_at"] = columns["measured_at"].astype("datetime64[s]")
    readings = np.empty((len(table), len(sensors)))
    for index, column in enumerate(table.columns[len(_TYPES) :]):
        readings[:, index] = to_numpy(column)
    return Records(readings=readings, **columns)


def _schema(sensors: Sequence[str]) -> pa.Schema:
    fields = [pa.field(name, of, nullable=name == "measured_at") for name, of in _TYPES.items()] + [
        pa.field(sensor, pa.float64()) for sensor in sensors
    ]
    return pa.schema(fields)


def _to_column(name: str, values: np.ndarray) -> pa.Array:
    if name in _TEXTS:
        return pa.array(values.tolist(), pa.string())
    if name not in ("scored_at", "measured_at"):
        return to_arrow(values)
    kind = _TYPES[name]
    numbers = values.astype(f"datetime64[{kind.unit}]").view(_INT64)
    return _with_nulls(kind, numbers, np.isnat(values))


def _to_readings(values: np.ndarray) -> pa.Array:
    return _with_nulls(pa.float64(), values, np.isnan(values))


def _with_nulls(kind: pa.DataType, values: np.ndarray, is_null: np.ndarray) -> pa.Array:
    """Return a column with nulls, without Arrow's own conversion: see `secom_core.columns`."""
    valid = pa.py_buffer(np.packbits(~is_null, bitorder="little")) if is_null.any() else None
    content = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [valid, content])
