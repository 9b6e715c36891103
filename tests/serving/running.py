"""Starting the server in a process of its own, and waiting for it by condition."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
_WITH_LIMITS = """
import json, sys
from pathlib import Path
from secom_core import bundle
from serving.predictor.limits import Limits
from serving.predictor.server import serve
folder, limits, log_level = sys.argv[1:]
limits = Limits(**json.loads(limits))
serve(bundle.read(Path(folder)), http_port=0, grpc_port=0, limits=limits, log_level=log_level)
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A running server."""

    process: subprocess.Popen[str]
    http_port: int
    grpc_port: int

    @property
    def http(self) -> str:
        """Base address of REST."""
        return f"http://127.0.0.1:{self.http_port}"

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


@contextmanager
def running(bundle_folder: Path, *, log_level: str = "info", **limits: float) -> Iterator[Running]:
    """Serve a bundle on free ports of the loopback, and end it.

    As a user does, with `secom serve`; with limits other than its own from Python.
    """
    command = [sys.executable, "-W", "error"]
    if limits:
        limits = {"drain_seconds": 0.0, **limits}
        command += ["-c", _WITH_LIMITS, str(bundle_folder), json.dumps(limits), log_level]
    else:
        command += ["-m", "pipelines.cli", "serve", "--bundle", str(bundle_folder)]
        command += ["--http-port", "0", "--grpc-port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()  # ends when the process does
            assert line, f"the server ended with {process.wait()}"
            place = json.loads(line)
            assert place["message"] == "serving", place
            yield Running(process, place["http_port"], place["grpc_port"])
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
