"""The shipper as a process of its own, started as a user does, and a door to its store."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

from tests.serving.running import ROOT


@dataclass(frozen=True, slots=True)
class Shipping:
    """A running `secom ship`."""

    process: subprocess.Popen[str]

    def stop(self) -> None:
        """Tell it to stop, and wait until it has heard."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stderr
        while json.loads(self.process.stderr.readline())["message"] != "stopping":
            pass

    def end(self) -> tuple[int, list[dict[str, Any]]]:
        """Wait for its end; return the exit status and the rest of the log."""
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, [json.loads(line) for line in log.splitlines()]


def started(folder: Path, environ: Mapping[str, str], *options: str) -> subprocess.Popen[str]:
    """Start `secom ship`."""
    command = [sys.executable, "-W", "error", "-m", "pipelines.cli", "ship", str(folder)]
    command += ["--every", "0.1", *options]
    environ = {**os.environ, **environ}
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environ)


@contextmanager
def shipping(folder: Path, environ: Mapping[str, str], *options: str) -> Iterator[Shipping]:
    """Ship a folder until the block ends."""
    with started(folder, environ, *options) as process:
        try:
            assert process.stderr
            assert json.loads(process.stderr.readline())["message"] == "shipping"
            yield Shipping(process)
        finally:
            process.kill()


class Door:
    """Another address of a store, where nothing listens until it is opened."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        host, _, port = environ["AWS_ENDPOINT_URL"].removeprefix("http://").partition(":")
        self._store = (host, int(port))
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self._place = found.getsockname()
        address = f"http://127.0.0.1:{self._place[1]}"
        self.environ = {**environ, "AWS_ENDPOINT_URL": address}

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let connections through until the block ends; then wait for their ends."""
        behind = self._store

        class Passage(BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(behind) as store:
                    there = threading.Thread(target=_pass_on, args=(self.request, store))
                    there.start()
                    _pass_on(store, self.request)
                    there.join()

        with ThreadingTCPServer(self._place, Passage) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,)).start()
            try:
                yield
            finally:
                server.shutdown()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(2**16):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
