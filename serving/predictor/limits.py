"""How much the server takes at a time."""

from __future__ import annotations

from dataclasses import dataclass

from secom_core.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the server takes at a time.

    Parameters
    ----------
    body_bytes : int
        Largest request, over HTTP and gRPC alike.
    body_seconds : float
        Time in which a body must arrive.
    drain_seconds : float
        How long the server goes on taking requests after SIGTERM, not ready, so that a load
        balancer has time to notice.
    grace_seconds : float
        How long requests in flight may take to finish after that.
    """

    body_bytes: int = 64 * 2**20
    body_seconds: float = 30.0
    drain_seconds: float = 2.0
    grace_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.body_bytes < 1 or self.body_seconds <= 0:
            message = f"limits must be positive, got {self}."
            raise ConfigError(message)
        if self.drain_seconds < 0 or self.grace_seconds < 0:
            message = f"times to stop must be >= 0, got {self}."
            raise ConfigError(message)
