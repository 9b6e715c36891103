"""The server's certificate, taken anew when its files were renewed."""

from __future__ import annotations

import logging
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc

from secom_core.errors import ConfigError

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Pair:
    """What REST and gRPC make of a certificate and its key."""

    context: ssl.SSLContext
    rpc: Any  # grpcio ships no types


class Certificate:
    """A certificate and its key, as their files are at each new connection.

    Nothing has to watch the files, and an open connection keeps what it began with. A renewal
    that is half written, or whose key belongs to another certificate, is logged and not taken:
    the last good pair stays.

    Parameters
    ----------
    certificate : Path
        PEM; the server's own certificate first, then whatever leads to the authority.
    key : Path
        PEM, not encrypted.

    Raises
    ------
    ConfigError
        If a file cannot be read, or they do not belong together.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self._lock = threading.Lock()  # gRPC asks from threads of its own
        self._seen = self._stamp()
        self._pair = self._given = _read(*self._files)

    @classmethod
    def from_files(cls, certificate: Path | None, key: Path | None) -> Self | None:
        """Return the certificate that two files hold, or None if there are none.

        Raises
        ------
        ConfigError
            If one is given without the other, or they cannot be used.
        """
        if certificate and key:
            return cls(certificate, key)
        if certificate or key:
            message = (
                f"a certificate and its key go together, got {certificate} and {key}: give both "
                "(--tls-cert, --tls-key), or neither to serve without TLS."
            )
            raise ConfigError(message)
        return None

    def context(self) -> ssl.SSLContext:
        """Return a context for servers; it hands each connection on to the present pair."""

        def hand_on(connection: ssl.SSLObject, _name: str | None, _by: ssl.SSLContext) -> None:
            connection.context = self._now().context

        context = _read(*self._files).context
        context.sni_callback = hand_on  # also called when a client names no server
        return context

    def credentials(self) -> Any:  # noqa: ANN401 - grpcio ships no types
        """Return credentials for gRPC servers, which ask for the present pair."""

        def renewed() -> Any:  # noqa: ANN401
            given, self._given = self._given, self._now()
            return None if self._given is given else self._given.rpc

        return grpc.dynamic_ssl_server_credentials(self._given.rpc, renewed)

    def _now(self) -> _Pair:
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._renew(stamp)
            return self._pair

    def _renew(self, stamp: object) -> None:
        try:
            pair = _read(*self._files)
        except ConfigError as exc:
            self._seen = stamp
            fields = {"error": str(exc)}
            _logger.error("certificate not renewed", extra={"fields": fields})  # noqa: TRY400
            return
        if self._stamp() == stamp:  # else somebody is writing: the next connection looks again
            self._pair, self._seen = pair, stamp
            _logger.info("certificate renewed")

    def _stamp(self) -> object:
        """Return what changes when a file does, also where a link is led elsewhere."""
        try:
            found = [path.stat() for path in self._files]
        except OSError:
            return None
        return [(of.st_dev, of.st_ino, of.st_mtime_ns, of.st_size) for of in found]


def _read(certificate: Path, key: Path) -> _Pair:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        content = key.read_bytes(), certificate.read_bytes()
        # Without a password OpenSSL would ask the terminal for one.
        context.load_cert_chain(certificate, key, password="")
    except OSError as exc:
        message = (
            f"cannot serve with certificate {certificate} and key {key}: {_why(exc)}. "
            "Give two PEM files that belong together, the key unencrypted."
        )
        raise ConfigError(message) from exc
    return _Pair(context, grpc.ssl_server_certificate_configuration([content]))


def _why(error: OSError) -> str:
    if not isinstance(error, ssl.SSLError):
        return f"{error.filename}: {error.strerror}"
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key belongs to another certificate"
    return "no certificate, or no key, can be read from them"
