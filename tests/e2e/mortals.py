"""Our programs as processes of this machine, killed and started again, and a store's door."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

from tests.serving.running import ROOT


class Mortal:
    """A verb of the command line, in one process after the other.

    Parameters
    ----------
    verb : str
    options : sequence of str
        Fixed ports among them, so that clients find every process.
    environ : mapping
        Beside this process's own.
    log : Path
        Gets what all of them say.
    """

    def __init__(
        self, verb: str, options: Sequence[str], *, environ: Mapping[str, str], log: Path
    ) -> None:
        self.verb, self._log = verb, log
        self._command = [sys.executable, "-W", "error", "-m", "pipelines.cli", verb, *options]
        self._environ = {**os.environ, **environ}
        self._n_said = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a process."""
        with self._log.open("ab") as log:
            self._n_said = log.tell()
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environ, stdout=log, stderr=log
            )

    @property
    def is_up(self) -> bool:
        """Whether the process has said that it works; one that has ended fails the test."""
        assert self._process
        assert self._process.poll() is None, f"{self.verb} ended by itself:\n{self.log}"
        said = self._log.read_bytes()[self._n_said :]
        return b'"serving"' in said or b'"shipping"' in said

    @property
    def log(self) -> str:
        """What all processes have said."""
        return self._log.read_text()

    def kill(self) -> None:
        """End the process as a crash does; nobody is there until `start`."""
        self.end(signal.SIGKILL)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit status."""
        assert self._process
        self._process.send_signal(number)
        return self._process.wait(120)


class ShutDoor:
    """Another address of a store, with nobody there until it is opened.

    Parameters
    ----------
    environ : mapping
        The environment by which the store is found; the door's own is `environ`.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        host, _, port = environ["AWS_ENDPOINT_URL"].removeprefix("http://").partition(":")
        self._store = (host, int(port))
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self._place = found.getsockname()
        self.environ = {**environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._place[1]}"}
        self._passages: _Passages | None = None

    def open(self) -> None:
        """Let connections through."""
        self._passages = _Passages(self._place, self._store)
        threading.Thread(target=self._passages.serve_forever, args=(0.01,), daemon=True).start()

    def shut(self) -> None:
        """Refuse connections, and break those that there are."""
        passages, self._passages = self._passages, None
        if passages:
            passages.shutdown()
            passages.server_close()
            passages.break_off()


class _Passages(ThreadingTCPServer):
    allow_reuse_address, daemon_threads, block_on_close = True, True, False

    def __init__(self, place: tuple[str, int], store: tuple[str, int]) -> None:
        self.store, self.open_sockets = store, set[socket.socket]()
        super().__init__(place, _Passage)

    def break_off(self) -> None:
        for one in tuple(self.open_sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Passage(BaseRequestHandler):
    server: _Passages

    def handle(self) -> None:
        with socket.create_connection(self.server.store) as store:
            pair = {self.request, store}
            self.server.open_sockets |= pair
            there = threading.Thread(target=_pass_on, args=(self.request, store), daemon=True)
            there.start()
            _pass_on(store, self.request)
            there.join()
            self.server.open_sockets -= pair


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(2**16):
            target.sendall(content)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
