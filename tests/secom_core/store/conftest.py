"""The other object store that users have; weed is in `tests/fixtures_store.py`."""

import shutil
import socket
import subprocess
import time

import pytest
from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError


@pytest.fixture(scope="session")
def minio_environ(tmp_path_factory):
    """The environment of a running MinIO; not run where it is not on the PATH."""
    program = shutil.which("minio")
    if program is None:
        pytest.skip("not run: minio is not on the PATH")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    credentials = ("an-access-key", "a-secret-key")
    folder = tmp_path_factory.mktemp("minio")
    settings = {"HOME": str(folder), "MINIO_BROWSER": "off"}
    settings |= dict(zip(("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"), credentials, strict=True))
    server = subprocess.Popen(
        [program, "server", "--quiet", "--address", host, folder / "data"],
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = Minio(host, *credentials, secure=False, http_client=PoolManager(retries=False))
    try:
        await_bucket(client)
        yield {
            "AWS_ENDPOINT_URL": f"http://{host}",
            **dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), credentials, strict=True)),
        }
    finally:
        server.terminate()
        server.wait()


def await_bucket(client):
    """Wait until the server answers, and make the bucket."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return client.make_bucket("secom")
        except (HTTPError, MinioException):
            assert time.monotonic() < deadline, "minio does not answer"
            time.sleep(0.02)
