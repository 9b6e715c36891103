"""Load by `wrk` over REST and by a caller of our own over gRPC, and who was busy meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.cases import Bodies, Case
from tests.benchmarks.processes import ROOT, Running

_SCRIPT = Path(__file__).with_name("post.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One round of one case on one side."""

    rate: float  # requests/s
    p50: float  # s
    p99: float
    errors: int
    generator_share: float  # of one processor
    server_share: float


def require_wrk() -> None:
    """Say how to get `wrk` where there is none."""
    if shutil.which("wrk") is None:
        message = "wrk is not on the PATH; on Debian: apt-get install wrk"
        raise SystemExit(message)


def put_load(server: Running, case: Case, bodies: Bodies, seconds: int) -> Seen:
    """Ask as fast as the server answers, for some seconds."""
    if case.way == "gRPC":
        target = f"127.0.0.1:{server.side.grpc_port}"
        command = [sys.executable, "-m", "tests.benchmarks.grpc_load", target]
        command += [str(bodies.folder), str(case.connections), str(seconds)]
    else:
        command = ["wrk", "-t1", f"-c{case.connections}", f"-d{seconds}s", "--timeout", "10s"]
        command += ["-s", str(_SCRIPT), f"{server.side.model}/infer", "--", str(bodies.folder)]
        command += [str(bodies.count)]
        command += [] if bodies.json_size is None else [str(bodies.json_size)]
    server_before, generator_before = server.cpu_seconds(), _children_seconds()
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    generator_cpu = _children_seconds() - generator_before
    found = json.loads(done.stdout.splitlines()[-1])
    return Seen(
        rate=found["requests"] / found["seconds"],
        p50=found["p50"],
        p99=found["p99"],
        errors=found["errors"],
        generator_share=found.get("cpu", generator_cpu) / found["seconds"],
        server_share=(server.cpu_seconds() - server_before) / found["seconds"],
    )


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system
