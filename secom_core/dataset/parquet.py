"""Checked units as one typed Parquet file that knows where they came from."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from secom_core.dataset.units import Units
from secom_core.errors import DataError, FormatError, SourceError

UNITS_FILE = "units.parquet"
"""Name of the file in a folder that holds nothing else to train on."""

_FORMAT, _WEIGHTED_FORMAT = "secom.units/1", "secom.units/2"
_TIME, _FAIL, _WEIGHT = "measured_at", "is_fail", "weight"
_AHEAD = {_FORMAT: [_TIME, _FAIL], _WEIGHTED_FORMAT: [_TIME, _FAIL, _WEIGHT]}
"""Columns before those of the sensors."""
_AGAIN = "Make it again from its source."


def write_units(units: Units, path: str | Path) -> None:
    """Write `units` to `path`, whole or not at all; the same units give the same bytes.

    Columns are `measured_at` (timestamp), `is_fail` (bool), `weight` (float64) if the units have
    one, and a float64 for each sensor, null where it was not measured; rows keep their order. The
    file's metadata hold the source, whether it is real, and the digest of the content.
    """
    target = Path(path)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        draft = Path(folder) / target.name
        draft.write_bytes(to_parquet(units))
        draft.replace(target)


def to_parquet(units: Units) -> bytes:
    """Return the file that `write_units` writes."""
    sink = pa.BufferOutputStream()
    parquet.write_table(_to_table(units), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


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
        content = Path(path).read_bytes()
    except FileNotFoundError as error:
        message = f"there is no {path}; expected units in Parquet form. {_AGAIN}"
        raise SourceError(message) from error
    except OSError as error:
        message = f"cannot read {path} ({error.strerror}). {_AGAIN}"
        raise FormatError(message) from error
    return from_parquet(content, where=str(path))


def from_parquet(content: bytes, *, where: str) -> Units:
    """Read the file that `write_units` writes.

    Parameters
    ----------
    content : bytes
    where : str
        Where it lay, for people to read.

    Raises
    ------
    FormatError
        If it is not such a file, or its content is not what was written.
    """
    try:
        table = parquet.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as error:
        message = f"{where} is not a whole Parquet file ({error}). {_AGAIN}"
        raise FormatError(message) from error
    metadata = table.schema.metadata or {}
    found = metadata.get(b"secom.format", b"none of them").decode(errors="replace")
    ahead = _AHEAD.get(found, [])
    if not ahead or not table.schema.equals(_schema(ahead, table.column_names[len(ahead) :])):
        forms = " or ".join(_AHEAD)
        message = f"{where} does not hold units in the form {forms} (found {found}). {_AGAIN}"
        raise FormatError(message)
    try:
        units = _from_table(table, n_ahead=len(ahead))
    except DataError as error:
        message = f"{where} was altered after it was written: {error} {_AGAIN}"
        raise FormatError(message) from error
    digest = metadata[b"secom.digest"].decode()
    if units.digest != digest:
        message = (
            f"{where} was altered after it was written: expected content with digest {digest}, "
            f"got {units.digest}. {_AGAIN}"
        )
        raise FormatError(message)
    return units


def _schema(ahead: Sequence[str], sensors: Sequence[str]) -> pa.Schema:
    types = {_TIME: pa.timestamp("ms"), _FAIL: pa.bool_(), _WEIGHT: pa.float64()}
    fields = [
        *(pa.field(name, types[name], nullable=False) for name in ahead),
        *(pa.field(sensor, pa.float64()) for sensor in sensors),
    ]
    return pa.schema(fields)


def _to_table(units: Units) -> pa.Table:
    form = _FORMAT if units.weight is None else _WEIGHTED_FORMAT
    columns = [
        pa.array(units.measured_at.astype("datetime64[ms]")),
        pa.array(units.is_fail),
        *([] if units.weight is None else [pa.array(units.weight)]),
        *(pa.array(np.ascontiguousarray(column), from_pandas=True) for column in units.readings.T),
    ]
    metadata = {
        "secom.format": form,
        "secom.source": units.source,
        "secom.kind": "synthetic" if units.is_synthetic else "real",
        "secom.digest": units.digest,
    }
    return pa.table(columns, schema=_schema(_AHEAD[form], units.sensors).with_metadata(metadata))


def _from_table(table: pa.Table, *, n_ahead: int) -> Units:
    metadata = table.schema.metadata
    is_weighted = n_ahead == len(_AHEAD[_WEIGHTED_FORMAT])
    return Units(
        readings=np.column_stack([column.to_numpy() for column in table.columns[n_ahead:]]),
        is_fail=table[_FAIL].to_numpy(),
        measured_at=table[_TIME].to_numpy().astype("datetime64[s]"),
        source=metadata[b"secom.source"].decode(),
        is_synthetic=metadata[b"secom.kind"] == b"synthetic",
        sensors=tuple(table.column_names[n_ahead:]),
        weight=table.column(n_ahead - 1).to_numpy() if is_weighted else None,
    )
