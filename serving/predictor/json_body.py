"""JSON bodies, with their arrays of numbers parsed straight into ndarrays.

A unit is 590 numbers, so what a request costs is turning text into numbers. A body is split into
the arrays under `"data"` and the skeleton around them, in which a token stands for each array.
Every piece goes to orjson, which checks its grammar; arrays go in chunks, so that a large body
does not hold the interpreter's lock for long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from serving.predictor.errors import RequestError, TooLargeError

MAX_SKELETON_BYTES = 8 * 2**20
"""What orjson may parse in one go, holding the interpreter's lock: about 30 ms."""

_KEY = b'"data"'
_OPENING = re.compile(rb'"data"[ \t\r\n]*:[ \t\r\n]*(?=\[)')
_INTO = re.compile(rb"\[[ \t\r\n]*")
_NEXT_ROW = re.compile(rb"\][ \t\r\n]*,[ \t\r\n]*\[")
_LAST_ROW = re.compile(rb"\][ \t\r\n]*\]")
# A string that begins with this character can only be written with this escape.
_MARK, _ESCAPE = "\x1a", rb"\u001"
_NOT_NUMBERS = (b'"', b"t", b"f", b"[", b"{")  # t and f: true and false
_CHUNK_BYTES = 256 * 2**10
_MIN_BYTES = 512  # below, splitting costs more than it saves


def parse(text: bytes) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return the value of a JSON text.

    Arrays of numbers under a key `data` of an input come as float64 ndarrays if they are large,
    flat or, where the text has rows, two-dimensional. Null and bare NaN become NaN in them.

    Raises
    ------
    RequestError
        If the text is not JSON, or the rows of an array differ in length.
    TooLargeError
        If what is left without the arrays is too much to parse in one go.
    """
    try:
        try:
            return _parse(text, min_bytes=_MIN_BYTES)
        except orjson.JSONDecodeError:
            if b"NaN" not in text:
                raise
            return _parse(text, min_bytes=0)
    except orjson.JSONDecodeError as exc:
        message = f"the body is not JSON: {exc.msg}."
        raise RequestError(message) from exc


def _parse(text: bytes, *, min_bytes: int) -> Any:  # noqa: ANN401
    arrays: list[np.ndarray] = []
    pieces: list[bytes] = []
    done, at = 0, -1 if _ESCAPE in text else text.find(_KEY)
    while at != -1:
        at += len(_KEY)
        opening = _OPENING.match(text, at - len(_KEY))
        found = _array(text, opening.end(), min_bytes) if opening else None
        if opening and found:
            pieces += (text[done : opening.end()], b'"\\u001a%d"' % len(arrays))
            arrays.append(found[0])
            done = at = found[1]
        at = text.find(_KEY, at)
    if not arrays:
        return _loads(text)
    pieces.append(text[done:])
    body = _loads(b"".join(pieces))
    return body if _put_back(body, arrays) else _loads(text)


def _loads(skeleton: bytes) -> Any:  # noqa: ANN401
    if len(skeleton) > MAX_SKELETON_BYTES:
        message = (
            f"the body holds {len(skeleton)} bytes of JSON beside arrays of numbers, at most "
            f"{MAX_SKELETON_BYTES} are read. Send `data` as one flat array of numbers and nulls, "
            "or as a binary tensor."
        )
        raise TooLargeError(message)
    return orjson.loads(skeleton)


def _put_back(body: Any, arrays: list[np.ndarray]) -> bool:  # noqa: ANN401
    """Put arrays where their tokens stand; whether all of them stood under an input's `data`."""
    left = len(arrays)
    inputs = body.get("inputs") if isinstance(body, dict) else None
    for tensor in inputs if isinstance(inputs, list) else ():
        token = tensor.get("data") if isinstance(tensor, dict) else None
        if isinstance(token, str) and token.startswith(_MARK):
            tensor["data"] = arrays[int(token[1:])]
            left -= 1
    return not left


def _array(text: bytes, start: int, min_bytes: int) -> tuple[np.ndarray, int] | None:
    """Return the array of numbers that opens at `start` and where it ends; None if it is none."""
    into = _INTO.match(text, start)
    if into and text.startswith(b"[", into.end()):
        return _rows(text, into.end())
    end = text.find(b"]", start)
    if end - start < min_bytes:
        return None
    numbers = _numbers(text[start + 1 : end])
    return None if numbers is None else (numbers, end + 1)


def _rows(text: bytes, start: int) -> tuple[np.ndarray, int] | None:
    rows: list[np.ndarray] = []
    while True:
        end = text.find(b"]", start)
        numbers = _numbers(text[start + 1 : end]) if end != -1 else None
        if numbers is None:
            return None
        rows.append(numbers)
        if numbers.size != rows[0].size:
            message = (
                f"rows of `data` must be of one length: row {len(rows) - 1} (counted from 0) has "
                f"{numbers.size} value(s), row 0 has {rows[0].size}."
            )
            raise RequestError(message)
        if following := _NEXT_ROW.match(text, end):
            start = following.end() - 1
        elif closing := _LAST_ROW.match(text, end):
            return np.stack(rows), closing.end()
        else:
            return None


def _numbers(text: bytes) -> np.ndarray | None:
    if any(sign in text for sign in _NOT_NUMBERS):
        return None
    if b"N" in text:
        text = text.replace(b"NaN", b"null")
    if len(text) <= _CHUNK_BYTES:
        return np.array(orjson.loads(b"[%b]" % text), dtype=np.float64)
    return np.concatenate([_chunk(chunk) for chunk in _chunks(text)])


def _chunks(text: bytes) -> Iterator[bytes]:
    start = 0
    while (cut := text.find(b",", start + _CHUNK_BYTES)) != -1:
        yield text[start:cut]
        start = cut + 1
    yield text[start:]


def _chunk(text: bytes) -> np.ndarray:
    values = orjson.loads(b"[%b]" % text)
    if not values:  # what follows a last comma
        message = "the body is not JSON: an array ends in a comma."
        raise RequestError(message)
    return np.array(values, dtype=np.float64)
