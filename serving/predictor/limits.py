"""How much the server takes at a time."""

from __future__ import annotations

from dataclasses import dataclass

from secom_core.errors import ConfigError
from serving.predictor.ranges import Ranges, require_within

RANGES: Ranges = {
    "body_bytes": (1, 2**31 - 1),  # gRPC counts no further
    "body_seconds": (0.1, 3600.0),
    "held_bytes": (1, 2**40),
    "queue": (1, 2**16),
    "long_queue": (1, 2**16),
    "drain_seconds": (0.0, 3600.0),
    "grace_seconds": (0.0, 3600.0),
}
"""Least and greatest value of each limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the server takes at a time.

    Parameters
    ----------
    body_bytes : int
        Largest request, over HTTP and gRPC alike.
    body_seconds : float
        Time in which a body must arrive, over gRPC up to twice that.
    held_bytes : int
        Bodies that are read or judged at one time, all together. gRPC does not say how large a
        message is before it is there: as many are received at a time as would fit at their largest.
    queue : int
        Requests that wait at one time; at a fraction of a millisecond each, this bounds latency.
    long_queue : int
        Of those, requests of more than a megabyte or with explanations.
    drain_seconds : float
        How long the server goes on taking requests after SIGTERM, not ready, so that a load
        balancer has time to notice.
    grace_seconds : float
        How long requests in flight may take to finish after that.

    Raises
    ------
    ConfigError
        If a value is outside its range, or two conflict.
    """

    body_bytes: int = 64 * 2**20
    body_seconds: float = 30.0
    held_bytes: int = 256 * 2**20
    queue: int = 128
    long_queue: int = 8
    drain_seconds: float = 2.0
    grace_seconds: float = 30.0

    def __post_init__(self) -> None:
        require_within(RANGES, self)
        if self.held_bytes < self.body_bytes:
            message = (
                f"held_bytes must be at least body_bytes, got {self.held_bytes} and "
                f"{self.body_bytes}: no request of the largest size would ever fit."
            )
            raise ConfigError(message)
