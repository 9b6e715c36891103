"""V2 over HTTP: JSON, with or without binary tensors behind it, to and from requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from serving.predictor import json_body, raw
from serving.predictor.errors import RequestError
from serving.predictor.plan import Binary, Plan, Planned, Split, flat, plan, remembered_plan
from serving.predictor.tensors import Request, Response, Tensor, quoted, wrong_count


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
    TooLargeError
        If there is too much JSON beside the numbers.
    """
    if json_size is None:
        what, arrays = _read(body)
        inputs = [_tensor(planned, arrays, None) for planned in what.inputs]
        return Request(inputs, what.wanted, what.id, what.binary)
    if not 0 < json_size <= len(body):
        message = (
            f"Inference-Header-Content-Length must be in [1, {len(body)}], the size of the body, "
            f"got {json_size}."
        )
        raise RequestError(message)
    what, arrays = _read(body[:json_size])
    tail = _Tail(body, json_size)
    inputs = [_tensor(planned, arrays, tail) for planned in what.inputs]
    tail.require_empty()
    return Request(inputs, what.wanted, what.id, what.binary)


def _read(text: bytes) -> tuple[Plan, list[np.ndarray]]:
    try:
        try:
            skeleton, arrays = json_body.split(text)
            return remembered_plan(skeleton, len(arrays)), arrays
        except orjson.JSONDecodeError:
            if b"NaN" not in text:
                raise
            # Perhaps in an array too small to be split off, where orjson would refuse it.
            skeleton, arrays = json_body.split(text, min_bytes=0)
            return plan(skeleton, len(arrays)), arrays
    except orjson.JSONDecodeError as exc:
        message = f"the body is not JSON: {exc.msg}."
        raise RequestError(message) from exc


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


def _tensor(planned: Planned, arrays: Sequence[np.ndarray], tail: _Tail | None) -> Tensor:
    name, datatype, shape, source = planned.name, planned.datatype, planned.shape, planned.source
    values: np.ndarray | list[str]
    if isinstance(source, Split):
        values = flat(name, datatype, shape, arrays[source.index])
    elif isinstance(source, Binary):
        raw_bytes = (tail or _Tail(b"", 0)).take(name, source.size)
        values = raw.from_bytes(name, datatype, raw_bytes)
    else:
        values = source
    if len(values) != planned.count:
        raise RequestError(wrong_count(name, shape, len(values)))
    return Tensor(name, datatype, shape, values)


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
    behind: list[bytes] = []
    for tensor, binary in zip(response.outputs, response.binary, strict=True):
        output: dict[str, Any] = {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": tensor.shape,
        }
        if binary:
            behind.append(raw.to_bytes(tensor))
            output["parameters"] = {"binary_data_size": len(behind[-1])}
        else:
            output["data"] = tensor.values
        outputs.append(output)
    text = orjson.dumps(
        {**envelope, "id": response.id, "outputs": outputs}, option=orjson.OPT_SERIALIZE_NUMPY
    )
    return (b"".join((text, *behind)), len(text)) if behind else (text, None)
