"""The monitor's process: HTTP beside the loop, and an end without loss."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType

import uvicorn
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp

from secom_core.config import TrainingConfig
from secom_core.errors import SecomError
from secom_core.store import Store
from serving.monitor import logs
from serving.monitor.app import build_app
from serving.monitor.asking import Asking
from serving.monitor.asks import Policy, TrainingData
from serving.monitor.counts import Counts
from serving.monitor.deliveries import Deliveries
from serving.monitor.launching import Launcher
from serving.monitor.lease import Lease
from serving.monitor.loop import Loop
from serving.monitor.outcome_book import OutcomeBook
from serving.monitor.outcome_routes import MOST_AT_ONCE, PER_SECOND
from serving.monitor.rate import Bucket
from serving.monitor.service import Service, require_lead
from serving.monitor.state import Latest, Rounds
from serving.monitor.tokens import Tokens
from serving.predictor.addresses import authority, listen

_GRACE_SECONDS = 20
"""After SIGTERM, how long to finish what is in flight."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the monitor is put together from.

    Parameters
    ----------
    store : Store
    book : OutcomeBook
        What was taken in so far.
    rounds : Rounds
        What looks at the store.
    latest : Latest
        Gets what each round found.
    collectors : tuple of Collector
        What tells Prometheus of it.
    launcher : Launcher
    data : callable
        Makes a training's data of all that is known now.
    policy : Policy
    config : TrainingConfig
        Of a training for which nobody wants other parameters.
    tokens : Tokens
    """

    store: Store
    book: OutcomeBook
    rounds: Rounds
    latest: Latest
    collectors: tuple[Collector, ...]
    launcher: Launcher
    data: Callable[[], TrainingData]
    policy: Policy
    config: TrainingConfig
    tokens: Tokens


def serve(
    parts: Parts,
    *,
    host: str = "127.0.0.1",
    port: int = 8090,
    every_seconds: float = 15.0,
    log_level: str = "info",
) -> None:
    """Watch, and answer over HTTP, until SIGTERM or SIGINT.

    Parameters
    ----------
    parts : Parts
    host : str, default="127.0.0.1"
        Address to listen on; loopback unless told otherwise.
    port : int, default=8090
        0 takes a free port; the line "serving" of the log says which.
    every_seconds : float, default=15
        From the end of a round to the next.
    log_level : {"debug", "info", "warning", "error"}

    Raises
    ------
    ConfigError
        If the port is taken or the host is no address of this machine.
    """
    logs.configure(log_level)
    with listen(host, port) as listener:
        asyncio.run(_serve(parts, listener, every_seconds=every_seconds))


async def _serve(parts: Parts, listener: socket.socket, *, every_seconds: float) -> None:
    host, port = listener.getsockname()[:2]
    # Whoever has the same name has the same port: this process is dead then.
    lease = Lease(parts.store, holder=f"{socket.gethostname()}:{port}", clock=time.monotonic)
    service = _service(parts, lease)
    loop = Loop(
        lease, parts.rounds, asking=service.asking, latest=parts.latest, counts=service.counts
    )
    stopping = asyncio.Event()
    server = _server(build_app(service), stopping)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    serving.add_done_callback(lambda _: stopping.set())
    leading = asyncio.Event()
    holding = asyncio.create_task(loop.hold(leading))
    looking = asyncio.create_task(loop.look(stopping, every_seconds=every_seconds))
    place = {"http": f"http://{authority(host, port)}", "http_port": port}
    _logger.info("serving", extra={"fields": place})
    await stopping.wait()
    _logger.info("stopping")
    await asyncio.gather(serving, looking)
    leading.set()  # not before: what is in flight may still write
    await holding
    await asyncio.to_thread(_release, lease)
    _logger.info("stopped")


def _service(parts: Parts, lease: Lease) -> Service:
    asking = Asking(
        parts.store,
        parts.launcher,
        data=parts.data,
        n_fails=lambda: _n_fails(parts.latest),
        policy=parts.policy,
        require_lead=lambda: require_lead(lease),
        new_id=lambda: secrets.token_hex(6),
    )
    counts = Counts(lambda: asking.known, lambda: lease.is_held)
    return Service(
        tokens=parts.tokens,
        lease=lease,
        deliveries=Deliveries(parts.store, parts.book),
        bucket=Bucket(MOST_AT_ONCE, per_second=PER_SECOND, clock=time.monotonic),
        asking=asking,
        config=parts.config,
        counts=counts,
        registry=_registry([counts, *parts.collectors]),
    )


def _n_fails(latest: Latest) -> int:
    seen = latest.get()
    return seen.outcomes.n_fails_joined if seen else 0


def _registry(collectors: Iterable[Collector]) -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for collector in collectors:
        registry.register(collector)
    return registry


class _Server(uvicorn.Server):
    """uvicorn, which tells of signals instead of ending the process by them."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping, self._loop = stopping, asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Begin to end; at once, however often it is asked."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._stopping.set)


def _server(app: ASGIApp, stopping: asyncio.Event) -> _Server:
    config = uvicorn.Config(
        app,
        http="h11",  # wherever httptools is installed, too
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # whoever may set them could hide from the audit
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return _Server(config, stopping)


def _release(lease: Lease) -> None:
    try:
        lease.release()
    except SecomError as fault:  # then it runs out by itself
        _logger.warning("lease not released", extra={"fields": {"reason": str(fault)}})
