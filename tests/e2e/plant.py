"""Predictor, shipper and monitor as processes of this machine, under load."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from secom_core.bundle import Bundle
from tests.e2e.asks import TIMEOUT_SECONDS, Ask, channel_to, over_grpc, over_rest
from tests.e2e.mortals import Mortal, ShutDoor
from tests.e2e.patient import Lab, Patient, Scorer
from tests.serving.monitor.running import TOKENS, free_port, until

WINDOW_UNITS = 200
_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class _Ports:
    http: int
    grpc: int
    monitor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """The three programs, their clients, and the way to the store."""

    programs: Mapping[str, Mortal]
    scorers: Sequence[Scorer]
    lab: Lab
    stopping: threading.Event
    door: ShutDoor
    monitor: str
    record: Path

    @property
    def clients(self) -> Sequence[Patient]:
        """All of them."""
        return (*self.scorers, self.lab)

    @property
    def n_scored(self) -> int:
        """Units that were answered."""
        return sum(len(scorer.scored) for scorer in self.scorers)

    def start(self) -> None:
        """Start all, and wait until all have got somewhere."""
        self.door.open()
        for each in (*self.programs.values(), *self.clients):
            each.start()
        self.await_progress(units=40, outcomes=5)

    def end(self) -> None:
        """End all, however far they are."""
        self.stopping.set()
        for program in self.programs.values():
            program.kill()
        for client in self.clients:
            client.join(1)
        self.door.shut()

    def await_progress(self, *, units: int = 0, outcomes: int = 0) -> None:
        """Wait until all programs work, and so much more has been acknowledged."""
        units, outcomes = self.n_scored + units, len(self.lab.results) + outcomes
        self.until(
            lambda: (
                all(program.is_up for program in self.programs.values())
                and self.n_scored >= units
                and len(self.lab.results) >= outcomes
            )
        )

    def until(self, condition: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait for something, as long as no client got an answer that must not be."""

        def holds() -> bool:
            for client in self.clients:
                if client.fault:
                    raise client.fault
            return condition()

        until(holds, seconds=seconds)

    def stop_clients(self) -> None:
        """Let clients finish what they do."""
        self.stopping.set()
        for client in self.clients:
            client.join(60)
            assert not client.is_alive()
            if client.fault:
                raise client.fault

    def sample(self, name: str) -> float | None:
        """Return what the monitor tells Prometheus; None if it is not told of it."""
        for line in httpx.get(f"{self.monitor}/metrics", timeout=30).text.splitlines():
            if line.startswith(name + " "):
                return float(line.removeprefix(name))
        return None


@contextmanager
def working(
    bundle: Bundle, readings: np.ndarray, *, store_environ: Mapping[str, str], folder: Path
) -> Iterator[Plant]:
    """Start everything; when the block ends, nothing is left.

    Parameters
    ----------
    bundle : Bundle
        What is served.
    readings : ndarray of shape (n_units, n_sensors)
        What is asked about, again and again.
    store_environ : mapping
    folder : Path
        For records and logs.
    """
    ports = _Ports(free_port(), free_port(), free_port())
    door, stopping, record = ShutDoor(store_environ), threading.Event(), folder / "records"
    with ExitStack() as held:
        client = held.enter_context(httpx.Client(timeout=TIMEOUT_SECONDS))
        channel = held.enter_context(channel_to(f"{_HOST}:{ports.grpc}"))
        asks = {
            "rest": over_rest(client, f"http://{_HOST}:{ports.http}/v2/models/secom/infer"),
            "grpc": over_grpc(channel),
        }
        scorers = _scorers(asks, readings, stopping)
        monitor = f"http://{_HOST}:{ports.monitor}"
        plant = Plant(
            programs=_programs(bundle, record, ports, environ=door.environ, logs=folder),
            scorers=scorers,
            lab=_lab(client, monitor, scorers, stopping),
            stopping=stopping,
            door=door,
            monitor=monitor,
            record=record,
        )
        held.callback(plant.end)
        plant.start()
        yield plant


def _programs(
    bundle: Bundle, record: Path, ports: _Ports, *, environ: Mapping[str, str], logs: Path
) -> dict[str, Mortal]:
    options = {
        "serve": [
            *(f"--bundle={bundle.path}", f"--record={record}", "--drain-seconds=0"),
            *(f"--http-port={ports.http}", f"--grpc-port={ports.grpc}"),
        ],
        "ship": [str(record), "--every=0.2"],
        "monitor": [
            *(f"--port={ports.monitor}", "--every=1", "--source=synthetic"),
            f"--window={WINDOW_UNITS}",
        ],
    }
    environ = {**environ, **TOKENS}
    return {
        verb: Mortal(verb, each, environ=environ, log=logs / f"{verb}.log")
        for verb, each in options.items()
    }


def _scorers(
    asks: Mapping[str, Ask], readings: np.ndarray, stopping: threading.Event
) -> list[Scorer]:
    """Return for each protocol one that asks of single units, and one that asks of four."""
    return [
        Scorer(
            f"{name}{n_units}",
            stopping,
            pace_seconds=n_units / 40,
            ask=ask,
            readings=readings,
            n_units=n_units,
        )
        for name, ask in asks.items()
        for n_units in (1, 4)
    ]


def _lab(
    client: httpx.Client, address: str, scorers: Sequence[Scorer], stopping: threading.Event
) -> Lab:
    """Return one that posts what became of the units that were asked of singly."""
    return Lab(
        "lab",
        stopping,
        pace_seconds=0.3,
        client=client,
        address=address,
        scorers=scorers[::2],
        most=20,
    )
