"""V2 over gRPC: protobuf messages, with contents or raw contents, to and from requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.predictor import raw
from serving.predictor.errors import RequestError
from serving.predictor.framework import Message, pb
from serving.predictor.tensors import (
    BOOLEAN,
    TEXT,
    Request,
    Response,
    Tensor,
    Wanted,
    declared,
    n_values,
    quoted,
    require_datatype,
    wrong_count,
)

_CONTENTS = {
    "FP64": "fp64_contents",
    "FP32": "fp32_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    TEXT: "bytes_contents",
    BOOLEAN: "bool_contents",
}


def decode(message: Message) -> Request:
    """Read a ModelInferRequest.

    Raises
    ------
    RequestError
        Names the tensor, what was expected and what came.
    """
    contents: Sequence[bytes | None] = message.raw_input_contents or [None] * len(message.inputs)
    if len(contents) != len(message.inputs):
        text = (
            f"{len(message.inputs)} input(s) came with {len(contents)} raw_input_contents: "
            "send one for each, in the same order."
        )
        raise RequestError(text)
    return Request(
        inputs=[_tensor(*pair) for pair in zip(message.inputs, contents, strict=True)],
        wanted=[Wanted(output.name) for output in message.outputs],
        id=message.id,
    )


def _tensor(tensor: Message, content: bytes | None) -> Tensor:
    name, datatype = tensor.name, tensor.datatype
    require_datatype(name, datatype)
    shape, count = n_values(name, list(tensor.shape))
    if content is None:
        values = _from_contents(name, datatype, tensor.contents)
    elif tensor.HasField("contents"):
        message = f"{quoted(name)} has both contents and raw_input_contents: send one of them."
        raise RequestError(message)
    else:
        values = raw.from_bytes(name, datatype, content)
    if len(values) != count:
        raise RequestError(wrong_count(name, shape, len(values)))
    return Tensor(name, datatype, shape, values)


def encode(response: Response, envelope: Mapping[str, Any], *, is_raw: bool) -> Message:
    """Write a ModelInferResponse.

    Parameters
    ----------
    response : Response
    envelope : mapping
        Fields that are the same in every answer.
    is_raw : bool
        Whether outputs go out as raw contents.
    """
    outputs = []
    for tensor in response.outputs:
        output = pb.ModelInferResponse.InferOutputTensor(
            name=tensor.name, datatype=tensor.datatype, shape=tensor.shape
        )
        if not is_raw:
            getattr(output.contents, _CONTENTS[tensor.datatype]).extend(_plain(tensor.values))
        outputs.append(output)
    return pb.ModelInferResponse(
        **envelope,
        id=response.id,
        outputs=outputs,
        raw_output_contents=[raw.to_bytes(t) for t in response.outputs] if is_raw else (),
    )


def _plain(values: np.ndarray | list[str]) -> list[Any]:
    return [text.encode() for text in values] if isinstance(values, list) else values.tolist()


def _from_contents(name: str, datatype: str, contents: Message) -> np.ndarray | list[str]:
    field = getattr(contents, _CONTENTS[datatype])
    if not field and contents.ByteSize():
        message = f"{quoted(name)} is {datatype}, which is read from {_CONTENTS[datatype]}."
        raise RequestError(message)
    if datatype != TEXT:
        values = np.fromiter(field, np.float64, count=len(field))
        return values if datatype == "FP64" else declared(name, datatype, values)
    try:
        return [text.decode() for text in field]
    except UnicodeDecodeError as exc:
        message = f"{quoted(name)} must hold UTF-8 texts."
        raise RequestError(message) from exc
