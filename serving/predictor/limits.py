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
    held_bytes : int
        Bodies that are read or judged at one time, all together.
    queue : int
        Requests that wait at one time; at a fraction of a millisecond each, this bounds latency.
    long_queue : int
        Of those, requests of more than a megabyte or with explanations.
    drain_seconds : float
        How long the server goes on taking requests after SIGTERM, not ready, so that a load
        balancer has time to notice.
    grace_seconds : float
        How long requests in flight may take to finish after that.
    """

    body_bytes: int = 64 * 2**20
    body_seconds: float = 30.0
    held_bytes: int = 256 * 2**20
    queue: int = 128
    long_queue: int = 8
    drain_seconds: float = 2.0
    grace_seconds: float = 30.0

    def __post_init__(self) -> None:
        for name in ("body_bytes", "body_seconds", "held_bytes", "queue", "long_queue"):
            if getattr(self, name) <= 0:
                message = f"{name} must be above 0, got {getattr(self, name)}."
                raise ConfigError(message)
        if self.held_bytes < self.body_bytes:
            message = (
                f"held_bytes must be at least body_bytes, got {self.held_bytes} and "
                f"{self.body_bytes}: no request of the largest size would ever fit."
            )
            raise ConfigError(message)
        if self.drain_seconds < 0 or self.grace_seconds < 0:
            message = f"times to stop must be 0 or more, got {self}."
            raise ConfigError(message)
