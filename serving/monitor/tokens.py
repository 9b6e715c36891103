"""Who may ask for what: one token for people and the lab, another for Alertmanager alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from secom_core.errors import ConfigError
from serving.bearer import Token

MONITOR_TOKEN = "SECOM_MONITOR_TOKEN"  # noqa: S105 - a variable's name
ALERTS_TOKEN = "SECOM_ALERTS_TOKEN"  # noqa: S105 - the same
"""Environment variables: a command line can be read by whoever is on the machine."""


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
        monitor, alerts = (
            Token.read(environ.get(variable, ""), variable=variable, name=name)
            for variable, name in ((MONITOR_TOKEN, "monitor"), (ALERTS_TOKEN, "alerts"))
        )
        if monitor.value == alerts.value:
            message = (
                f"{MONITOR_TOKEN} and {ALERTS_TOKEN} must differ: who sends alerts may not send "
                "outcomes. Make another one with `openssl rand -hex 32`."
            )
            raise ConfigError(message)
        return cls(monitor=monitor, alerts=alerts)
