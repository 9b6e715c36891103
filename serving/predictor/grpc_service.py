"""V2 over gRPC: kserve's servicer, with inference by our own data plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import numpy as np

from secom_core.errors import ContractError
from serving.predictor import wire
from serving.predictor.errors import (
    BusyError,
    NotOfferedError,
    RequestError,
    TooLargeError,
)
from serving.predictor.framework import Context, DataPlane, InferenceServicer, Message, pb
from serving.predictor.model import MODEL_NAME, Predictor
from serving.predictor.tensors import (
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
)

CODE: Mapping[type[RequestError], grpc.StatusCode] = {
    NotOfferedError: grpc.StatusCode.NOT_FOUND,
    TooLargeError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    BusyError: grpc.StatusCode.UNAVAILABLE,
}

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
    "BOOL": "bool_contents",
}


class GrpcService(InferenceServicer):
    """Answers inference requests; health and server metadata are kserve's.

    Parameters
    ----------
    data_plane : DataPlane
        kserve's, for health and metadata.
    predictor : Predictor
    """

    def __init__(self, data_plane: DataPlane, predictor: Predictor) -> None:
        super().__init__(data_plane, None)
        self._predictor = predictor
        self._parameters = {
            name: pb.InferParameter(string_param=value if isinstance(value, str) else repr(value))
            for name, value in predictor.parameters.items()
        }

    async def ModelInfer(self, request: Message, context: Context) -> Message:  # noqa: N802
        """Answer one inference request."""
        try:
            self._require_served(request.model_name, request.model_version)
            response = self._predictor.infer(decode(request))
        except (RequestError, ContractError) as exc:
            await self._abort(context, exc)
        return self._message(response, raw=bool(request.raw_input_contents))

    async def ModelReady(self, request: Message, context: Context) -> Message:  # noqa: N802
        """Say whether the model is ready."""
        await self._require(context, request.name, request.version)
        return pb.ModelReadyResponse(ready=await self._data_plane.ready())

    async def ModelMetadata(self, request: Message, context: Context) -> Message:  # noqa: N802
        """Describe the model's inputs, outputs and version."""
        await self._require(context, request.name, request.version)
        return pb.ModelMetadataResponse(**await self._data_plane.model_metadata(MODEL_NAME))

    async def RepositoryModelLoad(self, _request: Message, context: Context) -> Message:  # noqa: N802
        """Refuse: one model is served, and stays."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"only {MODEL_NAME} is served.")

    RepositoryModelUnload = RepositoryModelLoad

    async def _require(self, context: Context, name: str, version: str) -> None:
        try:
            self._require_served(name, version)
        except RequestError as exc:
            await self._abort(context, exc)

    def _require_served(self, name: str, version: str) -> None:
        if name != MODEL_NAME:
            message = f"no model {quoted(name)}: the one that is served is {MODEL_NAME}."
            raise NotOfferedError(message)
        if version not in ("", self._predictor.version):
            message = (
                f"no version {quoted(version)} of {MODEL_NAME}: the one that is served is "
                f"{self._predictor.version}."
            )
            raise NotOfferedError(message)

    @staticmethod
    async def _abort(context: Context, error: RequestError | ContractError) -> None:
        code = grpc.StatusCode.INVALID_ARGUMENT
        if isinstance(error, RequestError):
            code = CODE.get(type(error), code)
        await context.abort(code, str(error))

    def _message(self, response: Response, *, raw: bool) -> Message:
        outputs = []
        for tensor in response.outputs:
            output = pb.ModelInferResponse.InferOutputTensor(
                name=tensor.name, datatype=tensor.datatype, shape=tensor.shape
            )
            if not raw:
                field = getattr(output.contents, _CONTENTS[tensor.datatype])
                field.extend(_plain(tensor.values))
            outputs.append(output)
        return pb.ModelInferResponse(
            model_name=MODEL_NAME,
            model_version=self._predictor.version,
            id=response.id,
            parameters=self._parameters,
            outputs=outputs,
            raw_output_contents=[wire.to_bytes(t) for t in response.outputs] if raw else (),
        )


def decode(message: Message) -> Request:
    """Read a ModelInferRequest.

    Raises
    ------
    RequestError
        Names the tensor, what was expected and what came.
    """
    raw: Sequence[bytes | None] = message.raw_input_contents or [None] * len(message.inputs)
    if len(raw) != len(message.inputs):
        text = (
            f"{len(message.inputs)} input(s) came with {len(raw)} raw_input_contents: send one for "
            "each, in the same order."
        )
        raise RequestError(text)
    return Request(
        inputs=[_tensor(*pair) for pair in zip(message.inputs, raw, strict=True)],
        wanted=[Wanted(output.name) for output in message.outputs],
        id=message.id,
    )


def _tensor(tensor: Message, raw: bytes | None) -> Tensor:
    name, datatype = tensor.name, tensor.datatype
    if datatype not in NUMBERS and datatype != TEXT:
        raise RequestError(wire.unknown_datatype(name, datatype))
    shape, count = n_values(name, list(tensor.shape))
    if raw is None:
        values = _from_contents(name, datatype, tensor.contents)
    elif tensor.HasField("contents"):
        message = f"{quoted(name)} has both contents and raw_input_contents: send one of them."
        raise RequestError(message)
    else:
        values = wire.from_bytes(name, datatype, raw)
    require_count(name, shape, expected=count, got=len(values))
    return Tensor(name, datatype, shape, values)


def _plain(values: np.ndarray | list[str]) -> list[Any]:
    return [text.encode() for text in values] if isinstance(values, list) else values.tolist()


def _from_contents(name: str, datatype: str, contents: Message) -> np.ndarray | list[str]:
    field = getattr(contents, _CONTENTS[datatype])
    if not field and contents.ByteSize():
        message = f"{quoted(name)} is {datatype}, which is read from {_CONTENTS[datatype]}."
        raise RequestError(message)
    if datatype != TEXT:
        return declared(name, datatype, np.fromiter(field, np.float64, count=len(field)))
    try:
        return [text.decode() for text in field]
    except UnicodeDecodeError as exc:
        message = f"{quoted(name)} must hold UTF-8 texts."
        raise RequestError(message) from exc
