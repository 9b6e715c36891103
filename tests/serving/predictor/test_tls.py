"""TLS as an operator meets it: plain clients, renewed files, wrong files, ends in good time."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from pipelines.loopback_certificate import write_certificate
from secom_core.errors import ConfigError
from serving.predictor.tls import Certificate
from tests.serving.predictor.test_load import http_request, read_status
from tests.serving.running import ROOT, Guarded, Running, body_of, running

UNIT = json.dumps(body_of(np.zeros((1, 590)))).encode()


def make(folder: Path) -> Path:
    """Write a certificate and its key into a folder."""
    folder.mkdir()
    write_certificate(
        folder / "tls.crt", folder / "tls.key", address="127.0.0.1", now=datetime.now(UTC)
    )
    return folder


def connect(server: Running, trusted: Path) -> ssl.SSLSocket:
    """Open a connection for REST that trusts one certificate."""
    raw = socket.create_connection(("127.0.0.1", server.http_port), timeout=30)
    context = ssl.create_default_context(cafile=trusted)
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


def is_trusted(server: Running, trusted: Path) -> tuple[bool, bool]:
    """Tell whether REST and gRPC each show a certificate that is trusted."""
    try:
        connect(server, trusted).close()
        rest = True
    except ssl.SSLCertVerificationError:
        rest = False
    credentials = grpc.ssl_channel_credentials(trusted.read_bytes())
    with grpc.secure_channel(server.grpc, credentials) as channel:
        ready = channel.unary_unary("/inference.GRPCInferenceService/ServerReady")
        try:
            return rest, ready(b"", timeout=10) == b"\x08\x01"
        except grpc.RpcError:
            return rest, False


def test_with_a_certificate_nothing_is_answered_in_the_clear(guarded: Guarded):
    """Neither port speaks to a client without TLS, and none of them makes a line in the log."""
    for port in (guarded.server.http_port, guarded.server.grpc_port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert b"HTTP/1.1" not in connection.recv(100)
    with pytest.raises(httpx.ConnectError):  # a client that trusts others
        httpx.get(f"{guarded.server.http}/v2/health/live")

    answer = httpx.get(f"{guarded.server.http}/v2/health/live", verify=guarded.context)
    assert answer.json() == {"live": True}


def test_a_renewed_certificate_is_taken_and_half_a_renewal_is_not(
    bundle_folder: Path, tmp_path: Path
):
    """As the kubelet renews a Secret: files are links through one that is led elsewhere."""
    first, second = make(tmp_path / "first"), make(tmp_path / "second")
    torn = shutil.copytree(first, tmp_path / "torn")
    shutil.copy(second / "tls.crt", torn)
    data = tmp_path / "data"
    data.symlink_to(first)

    def lead_to(folder: Path) -> None:
        (tmp_path / "next").symlink_to(folder)
        (tmp_path / "next").replace(data)

    files = {"tls_cert": data / "tls.crt", "tls_key": data / "tls.key"}
    with running(bundle_folder, **files) as server, connect(server, first / "tls.crt") as old:
        for folder, trusted in ((torn, first), (second, second), (tmp_path / "gone", second)):
            lead_to(folder)
            for _ in range(2):
                assert is_trusted(server, trusted / "tls.crt") == (True, True)
        assert is_trusted(server, first / "tls.crt") == (False, False)
        old.sendall(http_request(UNIT))
        assert read_status(old)[0] == 200
        status, log = server.stop()

    assert status == 0
    assert [line["message"] for line in log] == [
        "certificate not renewed",
        "certificate renewed",
        "certificate not renewed",
        "stopping",
        "stopped",
    ]
    assert "the key belongs to another certificate" in log[0]["error"]
    assert "No such file" in log[2]["error"]


def test_an_idle_client_does_not_keep_the_server_from_ending(bundle_folder: Path, tmp_path: Path):
    """It never reads the goodbye that TLS sends; what is in flight is answered all the same."""
    folder = make(tmp_path / "tls")
    files = {"tls_cert": folder / "tls.crt", "tls_key": folder / "tls.key"}
    with (
        running(bundle_folder, drain_seconds=1.0, **files) as server,
        connect(server, folder / "tls.crt") as idle,
        connect(server, folder / "tls.crt") as slow,
    ):
        idle.sendall(http_request(UNIT))
        assert read_status(idle)[0] == 200
        request = http_request(UNIT)
        slow.sendall(request[:-100])
        begin = time.monotonic()
        server.process.terminate()
        line = server.process.stderr and server.process.stderr.readline()
        assert line
        assert json.loads(line)["message"] == "stopping"
        slow.sendall(request[-100:])
        answered, text = read_status(slow)
        slow.close()
        server.process.wait(timeout=60)
        seconds = time.monotonic() - begin

    assert answered == 200
    assert b"connection: close" in text
    assert server.process.returncode == 0
    assert seconds < 10


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates and keys, good and bad."""
    root = tmp_path_factory.mktemp("files")
    folder = make(root / "good")
    shutil.copy(make(root / "other") / "tls.key", folder / "other.key")
    key = load_pem_private_key((folder / "tls.key").read_bytes(), None)
    secret = BestAvailableEncryption(b"password")
    (folder / "locked.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
    )
    (folder / "cut.crt").write_bytes((folder / "tls.crt").read_bytes()[:200])
    (folder / "empty").touch()
    return folder


@pytest.mark.parametrize(
    ("certificate", "key", "why"),
    [
        ("tls.crt", "other.key", "the key belongs to another certificate"),
        ("tls.crt", "missing", "missing: No such file or directory"),
        ("missing", "tls.key", "missing: No such file or directory"),
        (".", "tls.key", "Is a directory"),
        ("tls.crt", "locked.key", "no certificate, or no key, can be read from them"),
        ("tls.crt", "empty", "no certificate, or no key, can be read from them"),
        ("cut.crt", "tls.key", "no certificate, or no key, can be read from them"),
        ("tls.key", "tls.crt", "no certificate, or no key, can be read from them"),
    ],
)
def test_files_that_cannot_serve_are_refused(files: Path, certificate: str, key: str, why: str):
    """The message names both files and what is wrong, and holds nothing of the key."""
    with pytest.raises(ConfigError) as refused:
        Certificate(files / certificate, files / key)

    text = str(refused.value)
    assert f"cannot serve with certificate {files / certificate} and key {files / key}: " in text
    assert why in text
    assert "BEGIN" not in text


def test_a_certificate_needs_its_key_and_the_other_way_round(files: Path):
    """One without the other is a mistake, and must not end in a server without TLS."""
    assert Certificate.from_files(None, None) is None
    for pair in ((files / "tls.crt", None), (None, files / "tls.key")):
        with pytest.raises(ConfigError, match="go together"):
            Certificate.from_files(*pair)


def test_wrong_files_end_the_command_with_one_message(files: Path, bundle_folder: Path):
    """Exit code 2, one line, and no question for a password that nobody is there to answer."""
    command = [sys.executable, "-m", "pipelines.cli", "serve", "--bundle", str(bundle_folder)]
    command += ["--tls-cert", str(files / "tls.crt"), "--tls-key", str(files / "locked.key")]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "the key unencrypted" in ended.stderr
