"""The server: kserve's ModelServer, bound where we say, with our inference routes in front.

The only module that leans on names that kserve and uvicorn keep to themselves; `PRIVATE_NAMES`
lists them, and a test fails when one is gone.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import signal
import socket
import sys
import warnings
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from types import FrameType
from typing import Any

import pyarrow as pa
import uvicorn
import uvloop
from fastapi.exceptions import FastAPIDeprecationWarning
from prometheus_client import REGISTRY
from starlette.exceptions import HTTPException
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from secom_core.bundle import Bundle
from serving.bearer import Token
from serving.predictor.access import Gate, RpcGate
from serving.predictor.addresses import authority, listen
from serving.predictor.counts import Counts
from serving.predictor.framework import (
    ModelServer,
    RESTServer,
    app,
)
from serving.predictor.grpc_server import GrpcServer
from serving.predictor.grpc_service import GrpcService
from serving.predictor.limits import Limits
from serving.predictor.metadata import Served, ServedDataPlane, say_why
from serving.predictor.model import MODEL_NAME, Predictor
from serving.predictor.recording.recorder import LOOK_SECONDS, Recorder, recorded
from serving.predictor.recording.settings import Recording
from serving.predictor.rest import App, Rest
from serving.predictor.tls import Certificate
from serving.predictor.work import Work

PRIVATE_NAMES: Mapping[type, tuple[str, ...]] = {
    ModelServer: ("_serve", "_rest_server", "servers"),
    RESTServer: ("_server",),
    uvicorn.Server: ("handle_exit", "server_state", "should_exit"),
    HttpToolsProtocol: (
        "connections",
        "cycle",
        "headers",
        "loop",
        "shutdown",
        "timeout_keep_alive_task",
        "transport",
    ),
}
"""What is overridden or reached into."""

_logger = logging.getLogger(__name__)


def serve(
    bundle: Bundle,
    *,
    host: str = "127.0.0.1",
    http_port: int = 8080,
    grpc_port: int = 8081,
    limits: Limits | None = None,
    certificate: Certificate | None = None,
    token: Token | None = None,
    recording: Recording | None = None,
) -> None:
    """Serve `bundle` as model `secom` until SIGTERM or SIGINT.

    Parameters
    ----------
    bundle : Bundle
    host : str, default="127.0.0.1"
        Address to listen on; loopback unless told otherwise.
    http_port, grpc_port : int
        0 takes a free port; the line "serving" of the log says which.
    limits : Limits, optional
    certificate : Certificate, optional
        With it, REST and gRPC speak TLS and nothing else.
    token : Token, optional
        With it, clients must send it; probes need not.
    recording : Recording, optional
        With it, every scored unit is recorded before it is answered.

    Raises
    ------
    BundleError
        If the golden requests get other answers than training wrote down.
    ConfigError
        If a port is taken, the host is no address of this machine, or what is to be recorded
        cannot be written where it is to go.
    """
    bundle.check_golden()
    # kserve returns ORJSONResponse, which FastAPI deprecates at each request.
    warnings.filterwarnings("ignore", category=FastAPIDeprecationWarning)
    policy = asyncio.get_event_loop_policy()
    with ExitStack() as stack:
        recorder = stack.enter_context(recorded(recording, bundle)) if recording else None
        work = Work(limits or Limits())
        stack.callback(work.close)  # waits for what its thread still records
        reference = bundle.reference
        counts = Counts(bundle, reference, work, recorder)
        predictor = Predictor(
            bundle, reference, counts, recorder=recorder, name_prefix=secrets.token_hex(4)
        )
        listener = stack.enter_context(listen(host, http_port))
        server = _Server(
            predictor,
            work,
            counts,
            listener=listener,
            grpc_address=(host, grpc_port),
            certificate=certificate,
            token=token,
            recorder=recorder,
        )
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        stack.callback(asyncio.set_event_loop_policy, policy)
        REGISTRY.register(counts)
        stack.callback(REGISTRY.unregister, counts)
        server.start([Served(predictor)])


class _Server(ModelServer):
    """kserve's server, on sockets of our own, and stopping without loss."""

    def __init__(
        self,
        predictor: Predictor,
        work: Work,
        counts: Counts,
        *,
        listener: socket.socket,
        grpc_address: tuple[str, int],
        certificate: Certificate | None,
        token: Token | None,
        recorder: Recorder | None,
    ) -> None:
        super().__init__(
            http_port=listener.getsockname()[1],
            workers=1,
            enable_grpc=False,  # kserve's own would listen on every address
            enable_latency_logging=False,
            grace_period=work.limits.grace_seconds,
            ssl_certfile=None,  # `Certificate` takes renewed files, and only whole ones
            ssl_keyfile=None,
        )
        self._predictor, self._work, self._counts = predictor, work, counts
        self._listener, self._grpc_address = listener, grpc_address
        self._certificate, self._token, self._recorder = certificate, token, recorder
        self._drain_seconds = work.limits.drain_seconds
        self._stopping = asyncio.Event()
        self._served: list[Served] = []
        self.dataplane = ServedDataPlane(predictor, self.registered_models)

    def start(self, models: list[Served]) -> None:
        self._served = models
        super().start(models)

    def setup_event_loop(self) -> None:
        """Leave the loop alone: kserve sets up one that it then does not run."""

    def register_signal_handler(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        for model in self._served:
            model.ready = False
        if number == signal.SIGINT:  # somebody at a terminal waits
            self._drain_seconds = 0.0
        self._stopping.set()

    async def _serve(self) -> None:
        for unused in self.servers:
            unused.close()
        rest = Rest(self._predictor, self._work, self._counts, app)
        http = self._http(Gate(self._token, self._counts, rest) if self._token else rest)
        rpc = self._rpc()
        await rpc.start()
        serving = asyncio.create_task(http.serve(sockets=[self._listener]))
        _settle()
        chores = [asyncio.create_task(self._hang_up_on_slow_heads(http.server_state.connections))]
        if self._recorder:
            chores.append(asyncio.create_task(_look_after(self._recorder)))
        # The listener is open: whoever connects from here on is answered.
        _logger.info("serving", extra={"fields": self._place(rpc.port)})
        await self._stopping.wait()
        _logger.info("stopping")
        rest.is_draining = True
        await asyncio.sleep(self._drain_seconds)
        for chore in chores:
            chore.cancel()
        http.should_exit = True
        await asyncio.gather(serving, rpc.stop(self._work.limits.grace_seconds))
        _logger.info("stopped")

    async def _hang_up_on_slow_heads(self, connections: Collection[Any]) -> None:
        """Close connections on which no complete head of a request arrives in time.

        uvicorn waits for ever. Looking at all connections now and then costs requests nothing.
        """
        waiting: dict[Any, object] = {}
        while True:
            await asyncio.sleep(self._work.limits.body_seconds)
            # A connection that keeps alive has a timer of uvicorn's; one that is answered has a
            # response to complete. Each head has a list of headers of its own.
            now = {
                connection: connection.headers
                for connection in connections
                if connection.timeout_keep_alive_task is None
                and (connection.cycle is None or connection.cycle.response_complete)
            }
            for connection, headers in now.items():
                if connection in waiting and waiting[connection] is headers:
                    connection.transport.close()
            waiting = now

    def _rpc(self) -> GrpcServer:
        return GrpcServer(
            GrpcService(self.dataplane, self._predictor, self._work, self._counts),
            self._grpc_address,
            work=self._work,
            gates=[RpcGate(self._token, self._counts)] if self._token else (),
            credentials=self._certificate and self._certificate.credentials(),
        )

    def _http(self, outermost: App) -> Any:  # noqa: ANN401 - kserve is untyped
        self._rest_server.create_application()
        app.add_exception_handler(HTTPException, say_why)
        http = self._rest_server._server  # noqa: SLF001 - pinned in PRIVATE_NAMES
        http.config.app = outermost
        http.config.http = HttpToolsProtocol
        if self._certificate:
            context = self._certificate.context()
            http.config.ssl_context_factory = lambda *_: context
            http.config.http = _TlsConnection
        http.config.ws = "none"
        http.config.proxy_headers = False  # nothing here asks who the client is
        http.config.server_header = False
        # uvicorn takes the signals over while it serves, and hands them to this.
        http.handle_exit = self._on_signal
        self._work.arrived = http.server_state.tasks
        return http

    def _place(self, rpc_port: int) -> dict[str, object]:
        host, port = self._listener.getsockname()[:2]
        scheme = "https" if self._certificate else "http"
        return {
            "http": f"{scheme}://{authority(host, port)}/v2/models/{MODEL_NAME}",
            "http_port": port,
            "grpc_port": rpc_port,
            "bundle_digest": self._predictor.version,
        }


class _TlsConnection(HttpToolsProtocol):
    """Says goodbye without waiting for the client's: an idle one would take half a minute."""

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(0.1, self._leave)

    def _leave(self) -> None:
        if not self.transport.get_write_buffer_size():
            self.transport.abort()


async def _look_after(recorder: Recorder) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        recorder.log.look()


def _settle() -> None:
    """Prepare the process for many short requests beside few long ones."""
    # Arrow keeps what it took to read the bundle: 30 MB.
    pa.default_memory_pool().release_unused()
    # What is there now stays: no collection needs to look at it again.
    gc.collect()
    gc.freeze()
    # A long request must let go of the interpreter's lock soon after a short one asks for it.
    sys.setswitchinterval(0.001)
