"""Checked units as one typed Parquet file that knows where they came from."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from secom_core.dataset.units import Units
from secom_core.errors import FormatError, SourceError

_FORMAT = "secom.units/1"
_TIME, _FAIL = "measured_at", "is_fail"
_AGAIN = "Make it again from its source."


def write_units(units: Units, path: str | Path) -> None:
    """Write `units` to `path`, whole or not at all; the same units give the same bytes.

    Columns are `measured_at` (timestamp), `is_fail` (bool) and a float64 for each sensor, null
    where it was not measured; rows keep their order. The file's metadata hold the source, whether
    it is real, and the digest of the content.
    """
    target = Path(path)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        draft = Path(folder) / target.name
        parquet.write_table(_to_table(units), draft, compression="zstd")
        draft.replace(target)


def read_units(path: str | Path) -> Units:
    """Read what `write_units` wrote.

    Raises
    ------
    SourceError
        If there is no such file.
    FormatError
        If it is not such a file, or its content is not what was written.
    """
    try:
        table = parquet.read_table(path)
    except FileNotFoundError as error:
        message = f"there is no {path}; expected units in Parquet form. {_AGAIN}"
        raise SourceError(message) from error
    except (pa.ArrowException, OSError) as error:
        message = f"{path} is not a whole Parquet file ({error}). {_AGAIN}"
        raise FormatError(message) from error
    metadata = table.schema.metadata or {}
    found = metadata.get(b"secom.format", b"none of them").decode(errors="replace")
    if found != _FORMAT or not table.schema.equals(_schema(table.column_names[2:])):
        message = f"{path} does not hold units in the form {_FORMAT} (found {found}). {_AGAIN}"
        raise FormatError(message)
    units = _from_table(table)
    digest = metadata[b"secom.digest"].decode()
    if units.digest != digest:
        message = (
            f"{path} was altered after it was written: expected content with digest {digest}, "
            f"got {units.digest}. {_AGAIN}"
        )
        raise FormatError(message)
    return units


def _schema(sensors: list[str] | tuple[str, ...]) -> pa.Schema:
    fields = [
        pa.field(_TIME, pa.timestamp("ms"), nullable=False),
        pa.field(_FAIL, pa.bool_(), nullable=False),
        *(pa.field(sensor, pa.float64()) for sensor in sensors),
    ]
    return pa.schema(fields)


def _to_table(units: Units) -> pa.Table:
    columns = [
        pa.array(units.measured_at.astype("datetime64[ms]")),
        pa.array(units.is_fail),
        *(pa.array(np.ascontiguousarray(column), from_pandas=True) for column in units.readings.T),
    ]
    metadata = {
        "secom.format": _FORMAT,
        "secom.source": units.source,
        "secom.kind": "synthetic" if units.is_synthetic else "real",
        "secom.digest": units.digest,
    }
    return pa.table(columns, schema=_schema(units.sensors).with_metadata(metadata))


def _from_table(table: pa.Table) -> Units:
    metadata = table.schema.metadata
    return Units(
        readings=np.column_stack([column.to_numpy() for column in table.columns[2:]]),
        is_fail=table[_FAIL].to_numpy(),
        measured_at=table[_TIME].to_numpy().astype("datetime64[s]"),
        source=metadata[b"secom.source"].decode(),
        is_synthetic=metadata[b"secom.kind"] == b"synthetic",
        sensors=tuple(table.column_names[2:]),
    )
