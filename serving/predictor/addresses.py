"""Where the server listens."""

from __future__ import annotations

import socket

from secom_core.errors import ConfigError


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Parameters
    ----------
    host : str
        An address or name of this machine.
    port : int
        0 takes a free one.

    Raises
    ------
    ConfigError
        If the port is taken or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        raise cannot_listen(host, port) from exc


def cannot_listen(host: str, port: int) -> ConfigError:
    """Say what is in the way."""
    return ConfigError(
        f"cannot listen on {host}, port {port}: taken, or no address of this machine. "
        "Choose another port or host."
    )


def authority(host: str, port: int) -> str:
    """Return host and port as URLs have them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
