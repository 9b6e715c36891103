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
from collections.abc import Mapping
from types import FrameType
from typing import Any

import grpc
import uvicorn
import uvloop
from fastapi.exceptions import FastAPIDeprecationWarning
from prometheus_client import REGISTRY
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from secom_core.bundle import Bundle
from secom_core.errors import ConfigError
from serving.predictor import logs
from serving.predictor.counts import Counts
from serving.predictor.framework import (
    ModelServer,
    RESTServer,
    add_servicer,
    app,
    configure_logging,
)
from serving.predictor.grpc_service import GrpcService
from serving.predictor.limits import Limits
from serving.predictor.metadata import Served, ServedDataPlane
from serving.predictor.model import MODEL_NAME, Predictor
from serving.predictor.rest import Rest
from serving.predictor.work import Work

PRIVATE_NAMES: Mapping[type, tuple[str, ...]] = {
    ModelServer: ("_serve", "_rest_server", "servers"),
    RESTServer: ("_server",),
    uvicorn.Server: ("handle_exit", "server_state", "should_exit", "force_exit"),
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
    log_level: str = "info",
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
    log_level : {"debug", "info", "warning", "error"}

    Raises
    ------
    BundleError
        If the golden requests get other answers than training wrote down.
    ConfigError
        If a port is taken or the host is no address of this machine.
    """
    bundle.check_golden()
    configure_logging(logs.configuration(log_level))
    # kserve returns ORJSONResponse, which FastAPI deprecates at each request.
    warnings.filterwarnings("ignore", category=FastAPIDeprecationWarning)
    work = Work(limits or Limits())
    counts = Counts(bundle, work)
    predictor = Predictor(bundle, counts, name_prefix=secrets.token_hex(4))
    policy = asyncio.get_event_loop_policy()
    with _listener(host, http_port) as listener:
        server = _Server(predictor, work, counts, listener=listener, grpc_address=(host, grpc_port))
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        REGISTRY.register(counts)
        try:
            server.start([Served(predictor)])
        finally:
            REGISTRY.unregister(counts)
            asyncio.set_event_loop_policy(policy)
            work.close()


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        raise _cannot_listen(host, port) from exc


def _cannot_listen(host: str, port: int) -> ConfigError:
    return ConfigError(
        f"cannot listen on {host}, port {port}: taken, or no address of this machine. "
        "Choose another port or host."
    )


async def _say(_request: Request, error: HTTPException) -> JSONResponse:
    """Put FastAPI's own refusals into the protocol's form."""
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


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
    ) -> None:
        super().__init__(
            http_port=listener.getsockname()[1],
            workers=1,
            enable_grpc=False,  # kserve's own would listen on every address
            enable_latency_logging=False,
            grace_period=work.limits.grace_seconds,
            ssl_certfile=None,
            ssl_keyfile=None,
        )
        self._predictor, self._work, self._counts = predictor, work, counts
        self._listener, self._grpc_address = listener, grpc_address
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
        http = self._http(rest)
        rpc, rpc_port = self._rpc()
        await rpc.start()
        serving = asyncio.create_task(http.serve(sockets=[self._listener]))
        _settle()
        # The listener is open: whoever connects from here on is answered.
        _logger.info("serving", extra={"fields": self._place(rpc_port)})
        await self._stopping.wait()
        _logger.info("stopping")
        rest.is_draining = True
        await asyncio.sleep(self._drain_seconds)
        http.should_exit = True
        await asyncio.gather(serving, rpc.stop(self._work.limits.grace_seconds))
        _logger.info("stopped")

    def _http(self, rest: Rest) -> Any:  # noqa: ANN401 - kserve is untyped
        self._rest_server.create_application()
        app.add_exception_handler(HTTPException, _say)
        http = self._rest_server._server  # noqa: SLF001 - pinned in PRIVATE_NAMES
        http.config.app = rest
        http.config.ws = "none"
        http.config.proxy_headers = False  # nothing here asks who the client is
        http.config.server_header = False
        # uvicorn takes the signals over while it serves, and hands them to this.
        http.handle_exit = self._on_signal
        self._work.arrived = http.server_state.tasks
        return http

    def _rpc(self) -> tuple[Any, int]:
        limits = self._work.limits
        rpc = grpc.aio.server(
            maximum_concurrent_rpcs=limits.queue,
            options=[
                ("grpc.max_receive_message_length", limits.body_bytes),
                ("grpc.max_send_message_length", limits.body_bytes),
                ("grpc.so_reuseport", 0),  # else a second server would share the port
            ],
        )
        add_servicer(GrpcService(self.dataplane, self._predictor, self._work, self._counts), rpc)
        host, port = self._grpc_address
        try:
            bound = rpc.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except RuntimeError as exc:
            raise _cannot_listen(host, port) from exc
        return rpc, bound

    def _place(self, rpc_port: int) -> dict[str, object]:
        host, port = self._listener.getsockname()[:2]
        return {
            "http": f"http://{host}:{port}/v2/models/{MODEL_NAME}",
            "http_port": port,
            "grpc_port": rpc_port,
            "bundle_digest": self._predictor.version,
        }


def _settle() -> None:
    """Prepare the interpreter for many short requests beside few long ones."""
    # What is there now stays: no collection needs to look at it again.
    gc.collect()
    gc.freeze()
    # A long request must let go of the interpreter's lock soon after a short one asks for it.
    sys.setswitchinterval(0.001)
