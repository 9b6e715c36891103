"""Starting the server in a process of its own, and waiting for it by condition."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Running:
    """A running server."""

    process: subprocess.Popen[str]
    http_port: int
    grpc_port: int
    scheme: str = "http"

    @property
    def http(self) -> str:
        """Base address of REST."""
        return f"{self.scheme}://127.0.0.1:{self.http_port}"

    @property
    def grpc(self) -> str:
        """Address of gRPC."""
        return f"127.0.0.1:{self.grpc_port}"

    @property
    def infer(self) -> str:
        """Address of REST inference."""
        return f"{self.http}/v2/models/secom/infer"

    def post(self, body: Any, **options: Any) -> httpx.Response:
        """Ask for inference."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"} | options.pop("headers", {})
        return httpx.post(self.infer, content=content, headers=headers, timeout=30, **options)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, list[dict[str, Any]]]:
        """Send a signal; return the exit status and the rest of the log."""
        self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=60)
        return self.process.returncode, [json.loads(line) for line in rest.splitlines()]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running server with TLS and a token, and what a client needs to be let in."""

    server: Running
    authority: Path
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What lets a request in."""
        return {"authorization": f"Bearer {self.token}"}

    @property
    def context(self) -> ssl.SSLContext:
        """What trusts the server, and nobody else."""
        return ssl.create_default_context(cafile=self.authority)

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        """Return a gRPC channel that trusts the server."""
        trust = grpc.ssl_channel_credentials(self.authority.read_bytes())
        with grpc.secure_channel(self.server.grpc, trust) as channel:
            yield channel


@contextmanager
def running(bundle_folder: Path, **settings: object) -> Iterator[Running]:
    """Serve a bundle on free ports of the loopback, as a user does, and end it.

    A setting is an environment variable of `secom serve`: `max_queue=1` is SECOM_MAX_QUEUE=1.
    """
    command = [sys.executable, "-W", "error", "-m", "pipelines.cli", "serve"]
    command += ["--bundle", str(bundle_folder), "--http-port", "0", "--grpc-port", "0"]
    if settings:
        settings = {"drain_seconds": 0.0, **settings}
    environ = {f"SECOM_{name.upper()}": str(value) for name, value in settings.items()}
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}
    ) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()  # ends when the process does
            assert line, f"the server ended with {process.wait()}"
            place = json.loads(line)
            assert place["message"] == "serving", place
            scheme, _, _ = place["http"].partition(":")
            yield Running(process, place["http_port"], place["grpc_port"], scheme)
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


def body_of(readings: Any, **fields: Any) -> dict[str, Any]:
    """Return a V2 request for units, NaN as null."""
    values = [None if value != value else float(value) for value in readings.ravel()]  # noqa: PLR0124
    tensor = {
        "name": "readings",
        "shape": list(readings.shape),
        "datatype": "FP64",
        "data": values,
    }
    return {"inputs": [tensor], **fields}
