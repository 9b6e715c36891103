"""Who may ask for what: one token for people and the lab, another for Alertmanager alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Self

from secom_core.errors import ConfigError

MONITOR_TOKEN = "SECOM_MONITOR_TOKEN"  # noqa: S105 - a variable's name
ALERTS_TOKEN = "SECOM_ALERTS_TOKEN"  # noqa: S105 - the same
"""Environment variables: a command line can be read by whoever is on the machine."""

_SHORTEST = 16
_FORM = re.compile(rf"[A-Za-z0-9._~+/-]{{{_SHORTEST},}}=*")  # what a header can carry: RFC 6750


@dataclass(frozen=True, slots=True)
class Token:
    """What a client must send.

    Parameters
    ----------
    name : str
        For the audit.
    value : bytes
        Never shown.
    """

    name: str
    value: bytes = field(repr=False)

    def opens(self, sent: Iterable[bytes]) -> bool:
        """Tell whether the Authorization headers of a request are this token, and once."""
        match list(sent):
            case [header]:
                scheme, _, token = header.partition(b" ")
                return scheme.lower() == b"bearer" and compare_digest(token.strip(), self.value)
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Both tokens.

    Parameters
    ----------
    monitor : Token
        Opens everything but alerts.
    alerts : Token
        Opens alerts, and nothing else.
    """

    monitor: Token
    alerts: Token

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read both tokens.

        Raises
        ------
        ConfigError
            If one is missing, too short or holds what a header cannot carry, or if they are the
            same.
        """
        tokens = cls(
            monitor=_token("monitor", MONITOR_TOKEN, environ),
            alerts=_token("alerts", ALERTS_TOKEN, environ),
        )
        if tokens.monitor.value == tokens.alerts.value:
            message = (
                f"{MONITOR_TOKEN} and {ALERTS_TOKEN} must differ: who sends alerts may not send "
                "outcomes. Make another one with `openssl rand -hex 32`."
            )
            raise ConfigError(message)
        return tokens


def _token(name: str, variable: str, environ: Mapping[str, str]) -> Token:
    text = environ.get(variable, "")
    if not _FORM.fullmatch(text):
        message = (
            f"{variable} must be {_SHORTEST} or more letters, digits or -._~+/ without spaces or "
            f"line ends, got {len(text)} characters that are not. "
            "Make one with `openssl rand -hex 32`."
        )
        raise ConfigError(message)
    return Token(name, text.encode())
