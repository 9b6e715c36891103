"""Starting the monitor in a process of its own, as a user does, and waiting for it by condition."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[3]
LAB, ALERTMANAGER = "m" * 16, "a" * 16
TOKENS = {"SECOM_MONITOR_TOKEN": LAB, "SECOM_ALERTS_TOKEN": ALERTMANAGER}

# One for all: making one takes longer than a request. A connection may lead to a killed process.
_CLIENT = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor's process."""

    process: subprocess.Popen[str]
    http: str

    def get(self, path: str) -> httpx.Response:
        """Read, as an engineer does."""
        return _CLIENT.get(self.http + path, headers=_bearer(LAB))

    def post(self, path: str, **content: Any) -> httpx.Response:
        """Send, with the token that the path asks for."""
        token = ALERTMANAGER if path == "/v1/alerts" else LAB
        headers = _bearer(token) | content.pop("headers", {})
        return _CLIENT.post(self.http + path, headers=headers, **content)

    def outcomes(self, *unit_ids: str, result: str = "pass") -> httpx.Response:
        """Send outcomes, all alike."""
        fields = {"result": result, "found_at": "2008-10-17T06:00:00Z"}
        lines = [json.dumps({"unit_id": each, **fields}) for each in unit_ids]
        headers = {"content-type": "application/x-ndjson"}
        return self.post("/v1/outcomes", content="\n".join(lines), headers=headers)

    def sample(self, name: str) -> float | None:
        """Return what Prometheus is told; None if it is not told of it."""
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.removeprefix(name))
        return None

    def until_ready(self) -> None:
        """Wait until it leads."""
        until(lambda: self.get("/readyz").status_code == 200)

    def stop(self) -> tuple[int, list[dict[str, Any]]]:
        """End it politely; return the exit status and the rest of the log."""
        self.process.send_signal(signal.SIGTERM)
        _, rest = self.process.communicate(timeout=60)
        return self.process.returncode, [json.loads(line) for line in rest.splitlines()]

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def monitoring(
    environ: Mapping[str, str], *options: str, port: int = 0, every: float = 0.2
) -> Iterator[Monitor]:
    """Start a monitor on the loopback, and end it however the block ends."""
    command = [sys.executable, "-W", "error", "-m", "pipelines.cli", "monitor"]
    command += [f"--port={port}", f"--every={every}", "--source=synthetic", *options]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ, **TOKENS},
    ) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()  # ends when the process does
            assert line, f"the monitor ended with {process.wait()}"
            told = json.loads(line)
            assert told["message"] == "serving", told
            yield Monitor(process, told["http"])
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


def free_port() -> int:
    """Return a port that nobody has, for a monitor that is to be started twice there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def until(condition: Any, *, seconds: float = 60) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
