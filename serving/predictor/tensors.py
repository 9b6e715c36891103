"""What crosses the data plane: tensors, requests and responses, whatever the protocol."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from serving.predictor.errors import RequestError

NUMBERS: Mapping[str, np.dtype[np.generic]] = {
    "FP64": np.dtype("<f8"),
    "FP32": np.dtype("<f4"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
}
"""Datatypes that hold readings; all are widened to FP64."""

MAX_DIMENSIONS = 8
"""More would make the number of values too large to reckon with."""

TEXT = "BYTES"
BOOLEAN = "BOOL"

EXPLANATION = "explanation"
"""The output that is computed only where it is wanted."""

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = 80


# Made at each request: frozen instances cost three times as much to make.
@dataclass(slots=True)
class Tensor:
    """A named tensor.

    Parameters
    ----------
    name : str
    datatype : str
        As the protocol names it.
    shape : tuple of int
        Each >= 0.
    values : ndarray or list of str
        As many as the shape says: flat numbers, or for BYTES texts.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: np.ndarray | list[str]


@dataclass(slots=True)
class Wanted:
    """An output that the client asks for; `binary` None leaves its form to the request."""

    name: str
    binary: bool | None = None


@dataclass(slots=True)
class Request:
    """An inference request.

    Parameters
    ----------
    inputs : sequence of Tensor
    wanted : sequence of Wanted
        Empty: what the server gives by default.
    id : str
        Empty: the server makes one.
    binary : bool
        Whether outputs go out as raw bytes where `wanted` does not say.
    """

    inputs: Sequence[Tensor]
    wanted: Sequence[Wanted] = ()
    id: str = ""
    binary: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it takes long however few units it holds: an explanation does."""
        return bool(self.wanted) and any(output.name == EXPLANATION for output in self.wanted)


@dataclass(slots=True)
class Response:
    """An answer: outputs, and for each whether it goes out as raw bytes."""

    id: str
    outputs: list[Tensor]
    binary: list[bool]


def n_values(name: str, shape: object) -> tuple[tuple[int, ...], int]:
    """Return a tensor's checked shape, and how many values it holds.

    Raises
    ------
    RequestError
        If `shape` is not a list of a few integers >= 0.
    """
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS or not all(map(_is_size, shape)):
        message = (
            f"shape of {quoted(name)} must be a list of at most {MAX_DIMENSIONS} integers >= 0, "
            f"got {shown(shape)}."
        )
        raise RequestError(message)
    return tuple(shape), math.prod(shape)


def _is_size(size: object) -> bool:
    return isinstance(size, int) and not isinstance(size, bool) and size >= 0


def require_datatype(name: str, datatype: str) -> None:
    """Raise RequestError unless `datatype` is one that an input may have."""
    if datatype not in NUMBERS and datatype != TEXT:
        message = (
            f"datatype of {quoted(name)} must be one of {', '.join(NUMBERS)} or {TEXT}, "
            f"got {quoted(datatype)}."
        )
        raise RequestError(message)


def wrong_count(name: str, shape: Sequence[int], got: int) -> str:
    """Say that a tensor does not hold as many values as its shape says."""
    return (
        f"shape {list(shape)} of {quoted(name)} says {math.prod(shape)} value(s), "
        f"its data holds {got}."
    )


def declared(name: str, datatype: str, values: np.ndarray) -> np.ndarray:
    """Return `values` as the datatype that the client declared has them, as float64.

    Parameters
    ----------
    name, datatype : str
    values : ndarray of float64
        NaN means "not measured", whatever the datatype.

    Raises
    ------
    RequestError
        If a value is out of the datatype's range, or fractional where it holds integers.
    """
    dtype = NUMBERS[datatype]
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            narrowed = values.astype(dtype).astype(np.float64)
        bad = np.isinf(narrowed) & np.isfinite(values)
    else:
        narrowed = values
        limits = np.iinfo(dtype.name)
        # 2**63 and 2**64 are floats, 2**63 - 1 and 2**64 - 1 are not: compare with what is.
        inside = (values >= float(limits.min)) & (values < float(limits.max) + 1.0)
        bad = ~(np.isnan(values) | (inside & (np.trunc(values) == values)))
    if bad.any():
        where = int(np.flatnonzero(bad)[0])
        message = (
            f"value {where} (counted from 0) of {quoted(name)} is {values[where]}, which is no "
            f"{datatype}. Declare FP64, or send null for one not measured."
        )
        raise RequestError(message)
    return narrowed


def quoted(text: str) -> str:
    """Return a client's text, short enough for a message."""
    return repr(text if len(text) <= _SHOWN.maxstring else text[: _SHOWN.maxstring] + "…")


def shown(value: object) -> str:
    """Return a client's value, short enough for a message, without spelling all of it out."""
    return _SHOWN.repr(value)
