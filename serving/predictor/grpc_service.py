"""V2 over gRPC: kserve's servicer, with inference by our own data plane."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from time import perf_counter

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from secom_core.errors import ContractError
from serving.predictor import grpc_wire
from serving.predictor.addresses import authority, cannot_listen
from serving.predictor.counts import Counts
from serving.predictor.errors import BusyError, NotOfferedError, RequestError, TooLargeError
from serving.predictor.framework import Context, DataPlane, InferenceServicer, Message, pb
from serving.predictor.limits import Limits
from serving.predictor.model import MODEL_NAME, Predictor
from serving.predictor.tensors import Request, quoted
from serving.predictor.work import LONG_BYTES, Work

Method = Callable[[Message | None, Context], Awaitable[Message]]

_logger = logging.getLogger(__name__)

CODE: Mapping[type[RequestError], grpc.StatusCode] = {
    NotOfferedError: grpc.StatusCode.NOT_FOUND,
    TooLargeError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    BusyError: grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class GrpcService(InferenceServicer):
    """Answers inference requests; health and server metadata are kserve's.

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

    async def ModelInfer(self, request: Message, context: Context) -> Message:  # noqa: N802
        """Answer one inference request."""
        arrived = perf_counter()
        try:
            self._require_served(request.model_name, request.model_version)
            answer = await self._answer(request, arrived)
        except (RequestError, ContractError) as exc:
            _log(request.id, _code(exc).name, perf_counter() - arrived, str(exc))
            await self._abort(context, exc)
        self._counts.answered("grpc", "OK")
        _log(answer.id, "OK", perf_counter() - arrived)
        return answer

    async def _answer(self, message: Message, arrived: float) -> Message:
        is_large = message.ByteSize() > LONG_BYTES
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

    async def _abort(self, context: Context, error: RequestError | ContractError) -> None:
        code = _code(error)
        if isinstance(error, BusyError):
            self._counts.rejected(error.reason)
        self._counts.answered("grpc", code.name)
        await context.abort(code, str(error))


def _code(error: RequestError | ContractError) -> grpc.StatusCode:
    bad = grpc.StatusCode.INVALID_ARGUMENT
    return CODE.get(type(error), bad) if isinstance(error, RequestError) else bad


def _log(request_id: str, code: str, seconds: float, error: str = "") -> None:
    if not _logger.isEnabledFor(logging.DEBUG):
        return
    fields = {"id": request_id, "protocol": "grpc", "code": code, "seconds": round(seconds, 6)}
    _logger.debug("answered", extra={"fields": fields | ({"error": error} if error else {})})


_SERVICE = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"]


def rpc_server(
    service: GrpcService,
    address: tuple[str, int],
    *,
    limits: Limits,
    gates: Sequence[grpc.aio.ServerInterceptor] = (),
    credentials: grpc.ServerCredentials | None = None,
) -> tuple[grpc.aio.Server, int]:
    """Return a server that answers with `service`, not yet started, and the port it is bound to.

    Parameters
    ----------
    service : GrpcService
    address : (str, int)
        Host and port; port 0 takes a free one.
    limits : Limits
    gates : sequence of ServerInterceptor, optional
        What calls pass before they are answered.
    credentials : ServerCredentials, optional
        With them, TLS.

    Raises
    ------
    ConfigError
        If the port is taken or the host is no address of this machine.
    """
    server = grpc.aio.server(
        interceptors=gates,
        maximum_concurrent_rpcs=limits.queue,
        options=[
            ("grpc.max_receive_message_length", limits.body_bytes),
            ("grpc.max_send_message_length", limits.body_bytes),
            ("grpc.so_reuseport", 0),  # else a second server would share the port
        ],
    )
    server.add_generic_rpc_handlers((_handlers(service),))
    place = authority(*address)
    try:
        if credentials is None:
            return server, server.add_insecure_port(place)
        return server, server.add_secure_port(place, credentials)
    except RuntimeError as exc:
        raise cannot_listen(*address) from exc


def _handlers(service: GrpcService) -> grpc.GenericRpcHandler:
    """Do what kserve's function for it does, but hold bytes that are no message against the client.

    It hears INVALID_ARGUMENT then, not UNKNOWN and the name of an exception.
    """
    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(
            _answering(getattr(service, method.name), method.input_type.name),
            request_deserializer=partial(_parse, GetMessageClass(method.input_type)),
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )
        for method in _SERVICE.methods
    }
    return grpc.method_handlers_generic_handler(_SERVICE.full_name, handlers)


def _parse(kind: type[Message], content: bytes) -> Message | None:
    try:
        return kind.FromString(content)
    except DecodeError:
        return None


def _answering(method: Method, name: str) -> Method:
    async def answer(request: Message | None, context: Context) -> Message:
        if request is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the bytes sent are no {name}.")
        return await method(request, context)

    return answer
