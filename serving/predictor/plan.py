"""What the skeleton of a V2 JSON body says, checked: which inputs there are, and where from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import orjson

from serving.predictor import json_body
from serving.predictor.errors import RequestError, TooLargeError
from serving.predictor.fields import flag, list_of_objects, optional, parameters_of, required
from serving.predictor.tensors import (
    TEXT,
    Wanted,
    declared,
    n_values,
    quoted,
    require_datatype,
    shown,
)

MAX_SKELETON_BYTES = 8 * 2**20
"""JSON beside arrays of numbers that is parsed in one go, holding the interpreter's lock: 30 ms."""

_MAX_REMEMBERED_BYTES = 512
_PLAIN = {float, int, type(None)}


@dataclass(frozen=True, slots=True)
class Split:
    """Values are in an array that was split off."""

    index: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Values are so many bytes behind the JSON."""

    size: int


@dataclass(frozen=True, slots=True)
class Planned:
    """An input: what was declared, how many values that makes, and where they are."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    count: int
    source: Split | Binary | np.ndarray | list[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """A request without its values."""

    inputs: tuple[Planned, ...]
    wanted: tuple[Wanted, ...]
    id: str
    binary: bool


def plan(skeleton: bytes, n_arrays: int) -> Plan:
    """Read a skeleton.

    Parameters
    ----------
    skeleton : bytes
    n_arrays : int
        Arrays that were split off.

    Raises
    ------
    orjson.JSONDecodeError
        If it is not JSON.
    RequestError
        If it is no inference request; names the field, what was expected and what came.
    TooLargeError
        If it is too much to parse in one go.
    """
    if len(skeleton) > MAX_SKELETON_BYTES:
        message = (
            f"the body holds {len(skeleton)} bytes of JSON beside arrays of numbers, at most "
            f"{MAX_SKELETON_BYTES} are read. Send `data` as one flat array of numbers and nulls, "
            "or as a binary tensor."
        )
        raise TooLargeError(message)
    fields = orjson.loads(skeleton)
    if not isinstance(fields, dict):
        message = f"the body must be a JSON object with `inputs`, got {shown(fields)}."
        raise RequestError(message)
    return Plan(
        inputs=tuple(_planned(item, n_arrays) for item in list_of_objects(fields, "inputs")),
        wanted=_wanted(fields),
        id=optional(fields, "id", str, "a string") or "",
        binary=flag(parameters_of(fields, "the request"), "binary_data_output") or False,
    )


_recent = lru_cache(maxsize=256)(plan)


def remembered_plan(skeleton: bytes, n_arrays: int) -> Plan:
    """Read a skeleton, or remember what it said: most requests differ in their numbers alone."""
    read = _recent if len(skeleton) <= _MAX_REMEMBERED_BYTES else plan
    return read(skeleton, n_arrays)


def flat(name: str, datatype: str, shape: tuple[int, ...], numbers: np.ndarray) -> np.ndarray:
    """Return numbers that came flat, or nested as their shape says, flat and as declared.

    Raises
    ------
    RequestError
        If they are nested otherwise, or are no values of the datatype.
    """
    if numbers.ndim > 1:
        if numbers.shape != shape:
            message = (
                f"`data` of {quoted(name)} is nested as {list(numbers.shape)}, its shape says "
                f"{list(shape)}. Nest it as the shape says, or send it flat."
            )
            raise RequestError(message)
        numbers = numbers.reshape(-1)
    return numbers if datatype == "FP64" else declared(name, datatype, numbers)


def _planned(item: Mapping[str, Any], n_arrays: int) -> Planned:
    name = required(item, "name", "an input")
    datatype = required(item, "datatype", quoted(name))
    require_datatype(name, datatype)
    shape, count = n_values(name, item.get("shape"))
    size = parameters_of(item, quoted(name)).get("binary_data_size")
    if size is None:
        index = json_body.index_of(item.get("data"), n_arrays)
        source = _inline(name, datatype, shape, item) if index is None else Split(index)
        if index is not None and datatype == TEXT:
            message = f"`data` of {quoted(name)} must be strings, as its datatype {TEXT} says."
            raise RequestError(message)
        return Planned(name, datatype, shape, count, source)
    if "data" in item:
        message = f"{quoted(name)} has both `data` and `binary_data_size`: send one of them."
        raise RequestError(message)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        message = f"binary_data_size of {quoted(name)} must be an integer >= 0, got {shown(size)}."
        raise RequestError(message)
    return Planned(name, datatype, shape, count, Binary(size))


def _inline(
    name: str, datatype: str, shape: tuple[int, ...], item: Mapping[str, Any]
) -> np.ndarray | list[str]:
    data = item.get("data")
    if not isinstance(data, list):
        message = f"`data` of {quoted(name)} must be an array, got {shown(data)}."
        raise RequestError(message)
    if datatype == TEXT:
        return _texts(name, data)
    return flat(name, datatype, shape, _numbers(name, data))


def _numbers(name: str, data: list[Any]) -> np.ndarray:
    level = data
    while level and isinstance(level[0], list):
        level = [value for row in level for value in (row if isinstance(row, list) else [row])]
    # NumPy would take "1.5" and true for numbers.
    if not set(map(type, level)) <= _PLAIN:
        odd = next(value for value in level if type(value) not in _PLAIN)
        message = (
            f"`data` of {quoted(name)} must be numbers, or null for one not measured, "
            f"got {shown(odd)}."
        )
        raise RequestError(message)
    try:
        return np.array(data, dtype=np.float64)
    except ValueError as exc:
        message = f"`data` of {quoted(name)} is ragged: every row must be as long as the others."
        raise RequestError(message) from exc


def _texts(name: str, data: list[Any]) -> list[str]:
    for value in data:
        if not isinstance(value, str):
            message = f"`data` of {quoted(name)} must be strings, got {shown(value)}."
            raise RequestError(message)
    return data


def _wanted(fields: Mapping[str, Any]) -> tuple[Wanted, ...]:
    if fields.get("outputs") is None:
        return ()
    return tuple(
        Wanted(
            required(item, "name", "an output"),
            flag(parameters_of(item, "an output"), "binary_data"),
        )
        for item in list_of_objects(fields, "outputs")
    )
