"""V2 over gRPC: kserve's servicer, with inference by our own data plane."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import perf_counter

import grpc

from secom_core.errors import ContractError
from serving.predictor import grpc_wire
from serving.predictor.counts import FAULT, Counts
from serving.predictor.errors import (
    BusyError,
    MethodError,
    NotOfferedError,
    RequestError,
    SlowClientError,
    TooLargeError,
)
from serving.predictor.framework import Context, DataPlane, InferenceServicer, Message, pb
from serving.predictor.model import MODEL_NAME, Predictor
from serving.predictor.tensors import Request, quoted
from serving.predictor.work import LONG_BYTES, Work

_logger = logging.getLogger(__name__)

CODE: Mapping[type[RequestError], grpc.StatusCode] = {
    NotOfferedError: grpc.StatusCode.NOT_FOUND,
    TooLargeError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    BusyError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    MethodError: grpc.StatusCode.UNIMPLEMENTED,
    SlowClientError: grpc.StatusCode.DEADLINE_EXCEEDED,
}


class GrpcService(InferenceServicer):
    """Answers inference requests; health and server metadata are kserve's.

    What cannot be answered is raised; who calls asks for the `refusal`.

    Parameters
    ----------
    data_plane : DataPlane
        kserve's, for health and metadata.
    predictor : Predictor
    work : Work
        Runs what takes long.
    counts : Counts
        Is told of every answer.
    """

    def __init__(
        self, data_plane: DataPlane, predictor: Predictor, work: Work, counts: Counts
    ) -> None:
        super().__init__(data_plane, None)
        self._predictor, self._work, self._counts = predictor, work, counts
        self._envelope = {
            "model_name": MODEL_NAME,
            "model_version": predictor.version,
            # The protocol's parameters know no fractions.
            "parameters": {
                name: pb.InferParameter(string_param=str(value))
                for name, value in predictor.parameters.items()
            },
        }

    async def ModelInfer(self, request: Message, _context: Context) -> Message:  # noqa: N802
        """Answer one inference request."""
        arrived = perf_counter()
        try:
            self._require_served(request.model_name, request.model_version)
            answer = await self._answer(request, arrived)
        except (RequestError, ContractError) as exc:
            _log(request.id, _code(exc).name, perf_counter() - arrived, str(exc))
            raise
        except Exception:
            self._counts.answered("grpc", FAULT["grpc"])  # as gRPC will
            raise
        self._counts.answered("grpc", "OK")
        _log(answer.id, "OK", perf_counter() - arrived)
        return answer

    async def _answer(self, message: Message, arrived: float) -> Message:
        size = message.ByteSize()
        is_large = size > LONG_BYTES
        with self._work.hold() as held:
            if is_large:
                held.grow(size)
            decode = grpc_wire.decode
            request = await self._work.run_long(decode, message) if is_large else decode(message)
            seconds = [perf_counter() - arrived]
            is_raw = bool(message.raw_input_contents)
            if is_large or request.is_long:
                answer = await self._work.run_long(self._judged, request, seconds, is_raw=is_raw)
            else:
                answer = self._judged(request, seconds, is_raw=is_raw)
        seconds.append(perf_counter() - arrived)
        self._counts.took("grpc", seconds)
        return answer

    def _judged(self, request: Request, seconds: list[float], *, is_raw: bool) -> Message:
        start = perf_counter()
        response = self._predictor.infer(request)
        judged = perf_counter()
        answer = grpc_wire.encode(response, self._envelope, is_raw=is_raw)
        seconds += (judged - start, perf_counter() - judged)
        return answer

    async def ModelReady(self, request: Message, _context: Context) -> Message:  # noqa: N802
        """Say whether the model is ready."""
        self._require_served(request.name, request.version)
        return pb.ModelReadyResponse(ready=await self._data_plane.ready())

    async def ModelMetadata(self, request: Message, _context: Context) -> Message:  # noqa: N802
        """Describe the model's inputs, outputs and version."""
        self._require_served(request.name, request.version)
        return pb.ModelMetadataResponse(**await self._data_plane.model_metadata(MODEL_NAME))

    async def RepositoryModelLoad(self, _request: Message, _context: Context) -> Message:  # noqa: N802
        """Refuse: one model is served, and stays."""
        message = f"only {MODEL_NAME} is served."
        raise MethodError(message)

    RepositoryModelUnload = RepositoryModelLoad

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

    def refusal(self, error: RequestError | ContractError) -> tuple[grpc.StatusCode, str]:
        """Count a refusal; return how a client hears of it."""
        code = _code(error)
        if isinstance(error, BusyError):
            self._counts.rejected(error.reason)
        self._counts.answered("grpc", code.name)
        return code, str(error)


def _code(error: RequestError | ContractError) -> grpc.StatusCode:
    bad = grpc.StatusCode.INVALID_ARGUMENT
    return CODE.get(type(error), bad) if isinstance(error, RequestError) else bad


def _log(request_id: str, code: str, seconds: float, error: str = "") -> None:
    if not _logger.isEnabledFor(logging.DEBUG):
        return
    fields = {"id": request_id, "protocol": "grpc", "code": code, "seconds": round(seconds, 6)}
    _logger.debug("answered", extra={"fields": fields | ({"error": error} if error else {})})
