"""SECOM in UCI's text form, and a mirror of it that can be told to misbehave."""

from __future__ import annotations

import hashlib
import io
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from secom_core.dataset import Units


@pytest.fixture(scope="session")
def write_text() -> Callable[[Units], dict[str, bytes]]:
    """Write units as UCI does; readings keep four decimals."""

    def write(units: Units) -> dict[str, bytes]:
        rows = np.char.mod("%.4f", units.readings)
        rows[np.isnan(units.readings)] = "NaN"
        readings = "".join(" ".join(row) + "\r\n" for row in rows)
        labels = "".join(
            f'{1 if is_fail else -1} "{time:%d/%m/%Y %H:%M:%S}"\r\n'
            for is_fail, time in zip(units.is_fail, units.measured_at.tolist(), strict=True)
        )
        return {"secom.data": readings.encode(), "secom_labels.data": labels.encode()}

    return write


@pytest.fixture(scope="session")
def files(twin, write_text) -> dict[str, bytes]:
    """Both files of 40 units."""
    return write_text(twin.window(slice(0, 40)))


@pytest.fixture
def folder(tmp_path, files) -> Path:
    """A folder that holds both files."""
    path = tmp_path / "secom"
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


@pytest.fixture(scope="session")
def to_zip() -> Callable[[dict[str, bytes]], bytes]:
    """Pack files into the bytes of a .zip."""

    def pack(contents: dict[str, bytes]) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
        return packed.getvalue()

    return pack


@pytest.fixture(scope="session")
def archive(files, to_zip) -> bytes:
    """Both files and a third in a .zip, as UCI serves them."""
    return to_zip({**files, "secom.names": b"about the data"})


@pytest.fixture(scope="session")
def sha256(files) -> dict[str, str]:
    """What the files of `archive` must hash to."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


@dataclass
class Mirror:
    """What a mirror serves, how it misbehaves, and what it was asked."""

    address: str
    content: bytes
    status: int = 200
    moved_to: str = ""  # for one answer
    breaks_after: list[int] = field(default_factory=list)  # bytes of the body, one an answer
    knows_ranges: bool = True
    tells_length: bool = True
    ranges_asked: list[str | None] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        mirror: Mirror = self.server.mirror
        if mirror.moved_to:
            self.send_response(302)
            self.send_header("Location", mirror.moved_to)
            self.end_headers()
            mirror.moved_to = ""
            return
        asked = self.headers["Range"]
        mirror.ranges_asked.append(asked)
        start = int(asked[6:-1]) if asked and mirror.knows_ranges else 0
        status = mirror.status
        if start:
            status = 206 if start < len(mirror.content) else 416
        body = mirror.content[start:] if status in {200, 206} else b""
        self.send_response(status)
        if mirror.tells_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        n_sent = mirror.breaks_after.pop(0) if mirror.breaks_after else len(body)
        self.wfile.write(body[:n_sent])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    mirror: Mirror

    def handle_error(self, *_: object) -> None:
        """Keep quiet: clients that hang up are part of the tests."""


@contextmanager
def _serving(server: _Server, scheme: str, content: bytes) -> Iterator[Mirror]:
    port = server.server_address[1]
    server.mirror = Mirror(address=f"{scheme}://127.0.0.1:{port}/secom.zip", content=content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.mirror
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Path:
    """A certificate for 127.0.0.1 and its key, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mirror")])
    now = datetime.now(tz=UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mirror.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        signed.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def stranger(certificate, archive) -> Iterator[Mirror]:
    """A mirror over https whose certificate nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server, "https", archive) as mirror:
        yield mirror


@pytest.fixture
def mirror(stranger, certificate, monkeypatch) -> Mirror:
    """A mirror over https that is trusted, as a company's own would be."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return stranger


@pytest.fixture
def plain_mirror(archive, monkeypatch) -> Iterator[Mirror]:
    """A mirror over http."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with _serving(_Server(("127.0.0.1", 0), _Handler), "http", archive) as mirror:
        yield mirror
