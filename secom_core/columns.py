"""Between Arrow's columns and NumPy's arrays, without a copy where there is nothing to change.

Arrow's own conversions import pandas first, which takes longer than to score ten thousand units.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_KINDS = {"float64": pa.float64(), "int64": pa.int64(), "int32": pa.int32()}


def to_numpy(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return a column of numbers as float64, null as NaN; not to be written to.

    Examples
    --------
    >>> to_numpy(pa.array([1, None, 3]))
    array([ 1., nan,  3.])
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.type != pa.float64():
        column = column.cast(pa.float64(), safe=False)
    if column.null_count:
        column = pc.fill_null(column, _NAN)
    return np.from_dlpack(column) if len(column) else np.empty(0)


def to_arrow(array: np.ndarray) -> pa.Array:
    """Return an array of float64, int64, int32 or bool as a column without nulls.

    Examples
    --------
    >>> to_arrow(np.array([True, False])).to_pylist()
    [True, False]
    """
    if array.dtype == np.bool_:
        bits = np.packbits(array, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(array), [None, pa.py_buffer(bits)])
    values = pa.py_buffer(np.ascontiguousarray(array))
    return pa.Array.from_buffers(_KINDS[array.dtype.name], len(array), [None, values])


def repeated(text: str, n: int) -> pa.DictionaryArray:
    """Return a column that says the same everywhere, in next to no space.

    Examples
    --------
    >>> repeated("fab", 2).to_pylist()
    ['fab', 'fab']
    """
    content = text.encode()
    ends = np.array([0, len(content)], dtype=np.int32)
    words = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(ends), pa.py_buffer(content)])
    return pa.DictionaryArray.from_arrays(to_arrow(np.zeros(n, dtype=np.int32)), words)


_NAN = to_arrow(np.array([np.nan]))[0]
