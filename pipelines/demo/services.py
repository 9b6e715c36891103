"""The programs of the demonstration, each a process that says in its log where it answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from secom_core.errors import RunError

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.05


@contextmanager
def program(
    verb: str, options: Sequence[str], *, environ: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a verb of the command line until the block ends; it ends politely.

    Parameters
    ----------
    verb : str
    options : sequence of str
    environ : mapping
    log : Path
        Gets what it says.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", verb, *options],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C is for the demonstration, which ends its programs in order.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address_of(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until a program serves, and return its address.

    Raises
    ------
    RunError
        If it ends instead, or does not come to that.
    """
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_bytes().splitlines():
            if b'"serving"' in line and b'"http"' in line:
                return str(json.loads(line)["http"])
        time.sleep(_POLL_SECONDS)
    message = f"a program of the demonstration did not start; {log} says why."
    raise RunError(message)
