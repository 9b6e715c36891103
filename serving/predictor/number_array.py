"""Flat JSON arrays of numbers as ndarrays, to the last bit whichever parser reads them.

orjson makes a Python object of each number. simdjson makes none, and takes half the time for a
large array; a small one is read before the preparations are done. What simdjson does not take goes
to orjson too, which says what is wrong with it.
"""

from __future__ import annotations

import threading
from typing import cast

import numpy as np
import orjson
import simdjson

_LARGE_BYTES = 16 * 2**10  # three units

# simdjson takes no null between numbers: another number stands in for it. A null is the word with a
# comma, a bracket or white space on either side, which are all alike here.
_NULL, _ALONE = ord("n"), b",null,"
_AROUND = np.arange(-1, 5)
_SIGNS = np.arange(256, dtype=np.uint8)
_SIGNS[list(b"[] \t\r\n")] = ord(",")
_STAND_IN, _STOOD_FOR_NULL = np.frombuffer(b"-7e9", dtype=np.uint8), -7e9


class _Parser(threading.local):
    """A parser for each thread: it keeps its buffers from one array to the next."""

    def __init__(self) -> None:
        self.parse = simdjson.Parser().parse


_simdjson = _Parser()


def read(array: bytes) -> np.ndarray:
    """Return the values of a flat array of numbers.

    Parameters
    ----------
    array : bytes
        From bracket to bracket; without strings, objects, true and false.

    Returns
    -------
    ndarray of shape (n,), float64
        null and bare NaN are NaN.

    Raises
    ------
    orjson.JSONDecodeError
        If it is not JSON.
    """
    values = read_large(array) if len(array) >= _LARGE_BYTES else None
    if values is None:
        text = array.replace(b"NaN", b"null") if b"N" in array else array
        values = np.array(orjson.loads(text), dtype=np.float64)
    return values


def read_large(array: bytes) -> np.ndarray | None:
    """Return the same in half the time that it takes for a large array, or None if it cannot."""
    text = np.frombuffer(array, dtype=np.uint8)
    (nulls,) = (text == _NULL).nonzero()
    if nulls.size:
        where = nulls[:, None] + _AROUND
        if _SIGNS.take(text.take(where, mode="clip")).tobytes() != _ALONE * nulls.size:
            return None
        text = text.copy()
        text[where[:, 1:-1]] = _STAND_IN
        array = text.tobytes()
    try:
        parsed = cast("simdjson.Array", _simdjson.parse(array))  # nothing else is in brackets
        values = np.frombuffer(parsed.as_buffer(of_type="d"))
    except (TypeError, ValueError, RuntimeError):  # whatever it does not like
        return None
    stood_in = values == _STOOD_FOR_NULL
    # A reading of this value, and nobody could say which of them were null.
    if np.count_nonzero(stood_in) != nulls.size:
        return None
    values[stood_in] = np.nan
    return values
