"""JSON bodies split into their arrays of numbers, as ndarrays, and the skeleton around them.

A unit is 590 numbers, so what a request costs is turning text into numbers. The arrays under
`"data"` are parsed apart from the skeleton, in which a token stands for each of them, and held to
JSON's grammar. They go in chunks, so that a large body does not hold the interpreter's lock for
long. And the skeleton is nearly always the same, so that whoever reads it can remember what it
said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from serving.predictor import number_array
from serving.predictor.errors import RequestError

SMALL = 512
"""Bytes of an array below which splitting costs more than it saves."""

_KEY = b'"data"'
_OPENING = re.compile(rb'"data"[ \t\r\n]*:[ \t\r\n]*(\[)[ \t\r\n]*(\[)?')
_NEXT_ROW = re.compile(rb"\][ \t\r\n]*,[ \t\r\n]*(\[)")
_LAST_ROW = re.compile(rb"\][ \t\r\n]*\]")
# A string that begins with this character can only be written with this escape.
_MARK, _ESCAPE, _TOKEN = "\x1a", rb"\u001", rb'"\u001a%d"'
_CHUNK_BYTES = 512 * 2**10  # a millisecond


def split(text: bytes, *, min_bytes: int = SMALL) -> tuple[bytes, list[np.ndarray]]:
    """Take the arrays of numbers out of a JSON text.

    Parameters
    ----------
    text : bytes
    min_bytes : int
        Leave flat arrays shorter than this in the skeleton.

    Returns
    -------
    skeleton : bytes
        The text with a token in place of each array; JSON if and only if `text` is, but for bare
        NaN within the arrays.
    arrays : list of ndarray of float64
        Flat or, where the text has rows, two-dimensional; null and bare NaN are NaN.

    Raises
    ------
    orjson.JSONDecodeError
        If an array is not JSON.
    RequestError
        If an array ends in a comma, or its rows differ in length.
    """
    arrays: list[np.ndarray] = []
    pieces: list[bytes] = []
    done, at = 0, text.find(_KEY)
    while at != -1:
        opening = _OPENING.match(text, at)
        at += len(_KEY)
        if opening:
            start, row = opening.start(1), opening.start(2)
            numbers, end = _rows(text, row) if row != -1 else _array(text, start, min_bytes)
            if numbers is not None:
                pieces += (text[done:start], _TOKEN % len(arrays))
                arrays.append(numbers)
                done = at = end
        at = text.find(_KEY, at)
    pieces.append(text[done:])
    skeleton = b"".join(pieces)
    # Only tokens of ours may look like one.
    return (skeleton, arrays) if skeleton.count(_ESCAPE) == len(arrays) else (text, [])


def index_of(data: object, n_arrays: int) -> int | None:
    """Return which of `n_arrays` arrays `data` stands for, if it is a token.

    Where nothing was split off, nothing is: a client may write what looks like a token.
    """
    return int(data[1:]) if n_arrays and isinstance(data, str) and data[:1] == _MARK else None


def _array(text: bytes, start: int, min_bytes: int) -> tuple[np.ndarray | None, int]:
    """Return the array of numbers that opens at `start`, None if it is none, and where it ends."""
    end = text.find(b"]", start) + 1
    return (_numbers(text, start, end) if end and end - start >= min_bytes else None), end


def _rows(text: bytes, start: int) -> tuple[np.ndarray | None, int]:
    """Return the same of rows, the first of which opens at `start`."""
    rows: list[np.ndarray] = []
    while True:
        end = text.find(b"]", start)
        numbers = _numbers(text, start, end + 1) if end != -1 else None
        if numbers is None:
            return None, end
        rows.append(numbers)
        if numbers.size != rows[0].size:
            message = (
                f"rows of `data` must be of one length: row {len(rows) - 1} (counted from 0) has "
                f"{numbers.size} value(s), row 0 has {rows[0].size}."
            )
            raise RequestError(message)
        if following := _NEXT_ROW.match(text, end):
            start = following.start(1)
        elif closing := _LAST_ROW.match(text, end):
            return np.stack(rows), closing.end()
        else:
            return None, end


def _numbers(text: bytes, start: int, end: int) -> np.ndarray | None:
    """Return the values between the brackets at `start` and before `end` if all are numbers."""
    find = text.find
    if (
        find(b'"', start, end) != -1
        or find(b"t", start, end) != -1  # true
        or find(b"f", start, end) != -1  # false
        or find(b"[", start + 1, end) != -1
        or find(b"{", start, end) != -1
    ):
        return None
    piece = text[start:end]
    if len(piece) <= _CHUNK_BYTES:
        return number_array.read(piece)
    return np.concatenate([_chunk(chunk) for chunk in _chunks(piece[1:-1])])


def _chunks(text: bytes) -> Iterator[bytes]:
    start = 0
    while (cut := text.find(b",", start + _CHUNK_BYTES)) != -1:
        yield text[start:cut]
        start = cut + 1
    yield text[start:]


def _chunk(text: bytes) -> np.ndarray:
    values = number_array.read(b"[%b]" % text)
    if not values.size:  # what follows a last comma
        message = "the body is not JSON: an array ends in a comma."
        raise RequestError(message)
    return values
