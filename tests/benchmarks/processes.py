"""Servers in processes of their own: started, timed until ready, weighed, ended."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.sides import Side

ROOT = Path(__file__).parents[2]
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ENVIRONMENT = os.environ | dict.fromkeys(_THREADS, "1")
_READY_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    side: Side
    process: psutil.Popen
    seconds_to_ready: float

    def memory(self) -> int:
        """Return bytes held by the process and its children; what is shared is divided."""
        return tree_memory(self.process)

    def cpu_seconds(self) -> float:
        """Return the processor time it has used so far."""
        tree = [self.process, *self.process.children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in tree)


@contextmanager
def running(side: Side, log: Path) -> Iterator[Running]:
    """Start a server, wait until its model is ready, and end it."""
    start = time.perf_counter()
    with log.open("ab") as written:
        process = psutil.Popen(
            side.command,
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_ready(side, process, log)
        yield Running(side, process, time.perf_counter() - start)
    finally:
        # What the server started goes with it; no one else is in its session.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tree_memory(process: psutil.Process) -> int:
    """Return the proportional set size of a process and its children, in bytes."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it ended while we looked
    return total


def _await_ready(side: Side, process: psutil.Popen, log: Path) -> None:
    until = time.perf_counter() + _READY_WITHIN
    while not _is_ready(side):
        if process.poll() is not None or time.perf_counter() > until:
            message = f"{side.name} did not become ready: {log.read_text()[-2000:]}"
            raise RuntimeError(message)
        time.sleep(0.005)


def _is_ready(side: Side) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", side.http_port, timeout=5)
    try:
        connection.request("GET", "/v2/models/secom/ready")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
