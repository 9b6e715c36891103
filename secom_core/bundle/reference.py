"""The drift reference as Parquet: a row a sensor."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from secom_core.columns import to_numpy
from secom_core.drift import ReferenceProfile

_PER_SENSOR = ("missing_share", "median", "low", "high")
_LISTS = ("sorted_readings", "psi_edges")


def to_parquet(profile: ReferenceProfile, sensors: tuple[str, ...]) -> bytes:
    """Return a profile as Parquet; the same profile gives the same bytes.

    Parameters
    ----------
    profile : ReferenceProfile
    sensors : tuple of str
        Names, in the profile's order.
    """
    columns: dict[str, pa.Array] = {"sensor": pa.array(sensors)}
    columns |= {name: pa.array(getattr(profile, name)) for name in _PER_SENSOR}
    for name in _LISTS:
        values = getattr(profile, name)
        flat = pa.array(np.ascontiguousarray(values.T).ravel())
        columns[name] = pa.FixedSizeListArray.from_arrays(flat, len(values))
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content, compression="zstd")
    return content.getvalue()


def from_parquet(content: bytes) -> ReferenceProfile:
    """Read what `to_parquet` wrote."""
    table = pq.ParquetFile(io.BytesIO(content)).read()
    fields = {name: to_numpy(table[name]) for name in _PER_SENSOR}
    for name in _LISTS:
        flat = to_numpy(table[name].combine_chunks().flatten())
        fields[name] = np.ascontiguousarray(flat.reshape(table.num_rows, -1).T)
    return ReferenceProfile(**fields)
