"""V2 over HTTP: JSON, with or without binary tensors behind it, to and from requests."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from serving.predictor import json_body
from serving.predictor.errors import RequestError
from serving.predictor.tensors import (
    BOOLEAN,
    NUMBERS,
    TEXT,
    Request,
    Response,
    Tensor,
    Wanted,
    declared,
    n_values,
    quoted,
    require_count,
    shown,
)

_PLAIN = {float, int, type(None)}


def decode(body: bytes, *, json_size: int | None = None) -> Request:
    """Read an inference request.

    Parameters
    ----------
    body : bytes
    json_size : int, optional
        Bytes of JSON at the start of `body`; binary tensors follow it. Without it all is JSON.

    Raises
    ------
    RequestError
        If the body is no inference request; names the field, what was expected and what came.
    """
    if json_size is not None and not 0 < json_size <= len(body):
        message = (
            f"Inference-Header-Content-Length must be in [1, {len(body)}], the size of the body, "
            f"got {json_size}."
        )
        raise RequestError(message)
    fields = json_body.parse(body if json_size is None else body[:json_size])
    if not isinstance(fields, dict):
        message = f"the body must be a JSON object with `inputs`, got {shown(fields)}."
        raise RequestError(message)
    tail = _Tail(body, len(body) if json_size is None else json_size)
    inputs = [_tensor(item, tail) for item in _list_of_objects(fields, "inputs")]
    tail.require_empty()
    return Request(
        inputs=inputs,
        wanted=_wanted(fields),
        id=_optional(fields, "id", str, "a string") or "",
        binary=_flag(_parameters(fields, "the request"), "binary_data_output") or False,
    )


class _Tail:
    """The binary tensors behind the JSON, read from front to back."""

    def __init__(self, body: bytes, start: int) -> None:
        self._body, self._at = body, start

    def take(self, name: str, size: int) -> bytes:
        left = len(self._body) - self._at
        if size > left:
            message = (
                f"binary_data_size of {quoted(name)} is {size}, but only {left} byte(s) are left "
                "behind the JSON. Set Inference-Header-Content-Length to the size of the JSON."
            )
            raise RequestError(message)
        self._at += size
        return self._body[self._at - size : self._at]

    def require_empty(self) -> None:
        left = len(self._body) - self._at
        if left:
            message = f"{left} byte(s) behind the JSON belong to no input; see binary_data_size."
            raise RequestError(message)


def _tensor(item: Mapping[str, Any], tail: _Tail) -> Tensor:
    name = _required(item, "name", "an input")
    datatype = _required(item, "datatype", quoted(name))
    if datatype not in NUMBERS and datatype != TEXT:
        raise RequestError(unknown_datatype(name, datatype))
    shape, count = n_values(name, item.get("shape"))
    size = _parameters(item, quoted(name)).get("binary_data_size")
    if size is None:
        values = _from_json(name, datatype, shape, item.get("data"))
    elif "data" in item:
        message = f"{quoted(name)} has both `data` and `binary_data_size`: send one of them."
        raise RequestError(message)
    elif not isinstance(size, int) or isinstance(size, bool) or size < 0:
        message = f"binary_data_size of {quoted(name)} must be an integer >= 0, got {shown(size)}."
        raise RequestError(message)
    else:
        values = from_bytes(name, datatype, tail.take(name, size))
    require_count(name, shape, expected=count, got=len(values))
    return Tensor(name, datatype, shape, values)


def _from_json(
    name: str, datatype: str, shape: tuple[int, ...], data: object
) -> np.ndarray | list[str]:
    if isinstance(data, np.ndarray):
        numbers = data
    elif not isinstance(data, list):
        message = f"`data` of {quoted(name)} must be an array, got {shown(data)}."
        raise RequestError(message)
    elif datatype == TEXT:
        return _texts(name, data)
    else:
        numbers = _plain_numbers(name, data)
    if datatype == TEXT:
        message = f"`data` of {quoted(name)} must be strings, as its datatype {TEXT} says."
        raise RequestError(message)
    if numbers.ndim > 1 and numbers.shape != shape:
        message = (
            f"`data` of {quoted(name)} is nested as {list(numbers.shape)}, its shape says "
            f"{list(shape)}. Nest it as the shape says, or send it flat."
        )
        raise RequestError(message)
    return declared(name, datatype, numbers.reshape(-1))


def _plain_numbers(name: str, data: list[Any]) -> np.ndarray:
    level = data
    while level and isinstance(level[0], list):
        level = [value for row in level for value in (row if isinstance(row, list) else [row])]
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


def from_bytes(name: str, datatype: str, raw: bytes) -> np.ndarray | list[str]:
    """Return the values of a raw tensor: little-endian numbers, or texts behind their lengths.

    Raises
    ------
    RequestError
        If the bytes do not divide into values, or a text is not UTF-8.
    """
    if datatype == TEXT:
        return _texts_from_bytes(name, raw)
    dtype = NUMBERS[datatype]
    if len(raw) % dtype.itemsize:
        message = (
            f"{quoted(name)} came as {len(raw)} bytes, which is no multiple of the "
            f"{dtype.itemsize} bytes of one {datatype}."
        )
        raise RequestError(message)
    return np.frombuffer(raw, dtype)


def _texts_from_bytes(name: str, raw: bytes) -> list[str]:
    texts = []
    at = 0
    try:
        while at < len(raw):
            (size,) = struct.unpack_from("<I", raw, at)
            at += 4 + size
            if at > len(raw):
                message = (
                    f"a text of {quoted(name)} is cut off: {at - len(raw)} byte(s) are missing."
                )
                raise RequestError(message)
            texts.append(raw[at - size : at].decode())
    except (struct.error, UnicodeDecodeError) as exc:
        message = f"{quoted(name)} is no list of UTF-8 texts, each behind its length in 4 bytes."
        raise RequestError(message) from exc
    return texts


def _wanted(fields: Mapping[str, Any]) -> list[Wanted]:
    if fields.get("outputs") is None:
        return []
    return [
        Wanted(
            _required(item, "name", "an output"),
            _flag(_parameters(item, "an output"), "binary_data"),
        )
        for item in _list_of_objects(fields, "outputs")
    ]


def _list_of_objects(fields: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = fields.get(key)
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) for i in items):
        message = f"`{key}` must be an array of at least one object, got {shown(items)}."
        raise RequestError(message)
    return items


def _parameters(fields: Mapping[str, Any], owner: str) -> dict[str, Any]:
    parameters = fields.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        message = f"`parameters` of {owner} must be an object, got {shown(parameters)}."
        raise RequestError(message)
    return parameters


def _required(fields: Mapping[str, Any], key: str, owner: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not value:
        message = f"`{key}` of {owner} must be a string, got {shown(value)}."
        raise RequestError(message)
    return value


def _optional(fields: Mapping[str, Any], key: str, kind: type, expected: str) -> Any:  # noqa: ANN401
    value = fields.get(key)
    if value is not None and not isinstance(value, kind):
        message = f"`{key}` must be {expected}, got {shown(value)}."
        raise RequestError(message)
    return value


def _flag(parameters: Mapping[str, Any], key: str) -> bool | None:
    value: bool | None = _optional(parameters, key, bool, "true or false")
    return value


def unknown_datatype(name: str, datatype: str) -> str:
    """Say which datatypes are read."""
    return (
        f"datatype of {quoted(name)} must be one of {', '.join(NUMBERS)} or {TEXT}, "
        f"got {quoted(datatype)}."
    )


def encode(response: Response, envelope: Mapping[str, Any]) -> tuple[bytes, int | None]:
    """Write an answer.

    Parameters
    ----------
    response : Response
    envelope : mapping
        Fields that are the same in every answer.

    Returns
    -------
    body : bytes
    json_size : int or None
        Bytes of JSON at its start if binary tensors follow.
    """
    outputs: list[dict[str, Any]] = []
    raw: list[bytes] = []
    for tensor, binary in zip(response.outputs, response.binary, strict=True):
        output: dict[str, Any] = {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": tensor.shape,
        }
        if binary:
            raw.append(to_bytes(tensor))
            output["parameters"] = {"binary_data_size": len(raw[-1])}
        else:
            output["data"] = tensor.values
        outputs.append(output)
    text = orjson.dumps(
        {**envelope, "id": response.id, "outputs": outputs}, option=orjson.OPT_SERIALIZE_NUMPY
    )
    return (b"".join((text, *raw)), len(text)) if raw else (text, None)


def to_bytes(tensor: Tensor) -> bytes:
    """Return a tensor's values as the binary extension and gRPC have them."""
    if isinstance(tensor.values, np.ndarray):
        kind = "?" if tensor.datatype == BOOLEAN else NUMBERS[tensor.datatype]
        return tensor.values.astype(kind, copy=False).tobytes()
    texts = [text.encode() for text in tensor.values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)
