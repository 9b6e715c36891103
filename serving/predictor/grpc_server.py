"""The gRPC server: where it listens, and how it receives messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from secom_core.errors import ContractError
from serving.predictor.addresses import authority, cannot_listen
from serving.predictor.errors import BusyError, RequestError, SlowClientError
from serving.predictor.framework import Context, Message, pb
from serving.predictor.grpc_service import GrpcService
from serving.predictor.work import QUEUE, Work

Method = Callable[[Message, Context], Awaitable[Message]]

CONNECTION_SECONDS = 4.0
"""How long a connection lasts, give or take a tenth.

Less than a replica lives on after its address was taken away: on a cluster the chart lets it sleep
for 5 s, and it takes requests for another 2 s.
"""
_OTHERS = 4
"""How many messages are received at a time that are no units: they are small, as a rule."""
_SERVICE = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"]


class GrpcServer:
    """Listens, and hands messages to a service: few at a time are received, and in time.

    gRPC itself would wait for ever for a message that a client began, and hold as many of the
    largest as there are calls.

    Parameters
    ----------
    service : GrpcService
    address : (str, int)
        Host and port; port 0 takes a free one.
    work : Work
        Its limits hold here too.
    gates : sequence of ServerInterceptor, optional
        What calls pass before they are answered.
    credentials : ServerCredentials, optional
        With them, TLS.

    Raises
    ------
    ConfigError
        If the port is taken or the host is no address of this machine.
    """

    def __init__(
        self,
        service: GrpcService,
        address: tuple[str, int],
        *,
        work: Work,
        gates: Sequence[grpc.aio.ServerInterceptor] = (),
        credentials: grpc.ServerCredentials | None = None,
    ) -> None:
        limits = work.limits
        self._service, self._calls = service, work.calls
        self._n_most, self._seconds = limits.queue, limits.body_seconds
        self._places = asyncio.Semaphore(limits.held_bytes // limits.body_bytes)
        self._other_places = asyncio.Semaphore(_OTHERS)
        self._receiving: set[Context] = set()
        self._server = grpc.aio.server(
            interceptors=gates,
            options=[
                ("grpc.max_receive_message_length", limits.body_bytes),
                ("grpc.max_send_message_length", limits.body_bytes),
                # Else a connection takes in megabytes of calls that nobody reads yet.
                ("grpc.http2.bdp_probe", 0),
                # Whoever connects anew reaches those who stay. When gRPC stops it cancels what just
                # came in on a connection, and unlike HTTP it cannot end one with an answer.
                ("grpc.max_connection_age_ms", int(1000 * CONNECTION_SECONDS)),
                ("grpc.so_reuseport", 0),  # else a second server would share the port
            ],
        )
        self._server.add_generic_rpc_handlers((self._handlers(),))
        self.port = self._bind(address, credentials)
        """Where it listens."""

    def _bind(self, address: tuple[str, int], credentials: grpc.ServerCredentials | None) -> int:
        place = authority(*address)
        try:
            if credentials is None:
                return self._server.add_insecure_port(place)
            return self._server.add_secure_port(place, credentials)
        except RuntimeError as exc:
            raise cannot_listen(*address) from exc

    async def start(self) -> None:
        """Answer from here on."""
        await self._server.start()
        self._impatience = asyncio.create_task(self._refuse_slow_messages())

    async def stop(self, grace_seconds: float) -> None:
        """Answer what is in flight, and end."""
        await self._server.stop(grace_seconds)
        self._impatience.cancel()

    def _handlers(self) -> grpc.GenericRpcHandler:
        """Return what answers each call.

        On the wire a call with one message is a stream of one, which we read when there is room.
        """
        handlers = {
            method.name: grpc.stream_unary_rpc_method_handler(
                self._answering(getattr(self._service, method.name), method.input_type.name),
                request_deserializer=partial(_parse, GetMessageClass(method.input_type)),
                response_serializer=GetMessageClass(method.output_type).SerializeToString,
            )
            for method in _SERVICE.methods
        }
        return grpc.method_handlers_generic_handler(_SERVICE.full_name, handlers)

    def _answering(self, method: Method, name: str) -> Method:
        places = self._places if name == "ModelInferRequest" else self._other_places

        async def answer(_messages: object, context: Context) -> Message:
            # Nothing here may hold the message: gRPC keeps an abort, and by it this frame, in a
            # cycle that is found only when something looks for cycles.
            self._calls.add(context)
            try:
                self._require_place()
                return await method(await self._received(context, places, name), context)
            except (RequestError, ContractError) as exc:
                refusal = self._service.refusal(exc)
            finally:
                self._calls.discard(context)
            return await context.abort(*refusal)

        return answer

    def _require_place(self) -> None:
        if len(self._calls) > self._n_most:
            raise BusyError(QUEUE)

    async def _received(self, context: Context, places: asyncio.Semaphore, name: str) -> Message:
        self._receiving.add(context)
        try:
            async with places:
                message = await context.read()
        finally:
            self._receiving.discard(context)
        if message is None or message is grpc.aio.EOF:
            text = f"the bytes sent are no {name}."
            raise RequestError(text)
        return message

    async def _refuse_slow_messages(self) -> None:
        """Refuse calls whose message does not arrive; looking now and then costs them nothing."""
        waited: set[Context] = set()
        while True:
            await asyncio.sleep(self._seconds)
            for context in waited & self._receiving:
                message = f"the message did not arrive within {self._seconds:g} s."
                with suppress(grpc.aio.AbortError):
                    await context.abort(*self._service.refusal(SlowClientError(message)))
            waited = set(self._receiving)


def _parse(kind: type[Message], content: bytes) -> Message | None:
    """Return a message, or None: the client is wrong then, and hears no exception's name."""
    try:
        return kind.FromString(content)
    except DecodeError:
        return None
