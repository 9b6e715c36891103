"""What traffic over one protocol saw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

_GOODBYE = "GOAWAY received"


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something that went wrong with one request."""

    at: float
    """Seconds since the epoch."""
    reason: str


@dataclass(slots=True, kw_only=True)
class Figures:
    """What traffic over one protocol saw; filled while it flows.

    Parameters
    ----------
    began, ended : float
        Seconds since the epoch.
    latency_seconds : list of float
        Of each request that was answered, from the moment when it was due.
    repeats : list of Mishap
        Requests whose connection closed before the first byte of an answer, and that were
        therefore asked once more.
    failures : list of Mishap
        Requests without a right answer, repeated or not.
    answers : dict
        How often each bundle answered.
    """

    began: float
    ended: float = 0.0
    latency_seconds: list[float] = field(default_factory=list)
    repeats: list[Mishap] = field(default_factory=list)
    failures: list[Mishap] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)

    @property
    def n_requests(self) -> int:
        """Requests that were due, however they ended."""
        return len(self.latency_seconds) + len(self.failures)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.n_requests / (self.ended - self.began)

    @property
    def p50_seconds(self) -> float:
        """Latency that half of the answers met."""
        return float(np.quantile(self.latency_seconds, 0.5))

    @property
    def p99_seconds(self) -> float:
        """Latency that all but one answer in a hundred met."""
        return float(np.quantile(self.latency_seconds, 0.99))

    def recovery_seconds(self, event: float) -> float:
        """Return the time from an event, in seconds since the epoch, until the last mishap.

        0 without any. A server's goodbye to a connection that has aged is none of it.
        """
        mishaps = (*self.repeats, *self.failures)
        return max((one.at - event for one in mishaps if _GOODBYE not in one.reason), default=0.0)

    def __str__(self) -> str:
        """State the figures in a line, and what went wrong in further ones."""
        answers = ", ".join(f"{digest[:12]} {n}" for digest, n in self.answers.items())
        line = (
            f"{self.n_requests} requests at {self.rate:.0f}/s, {len(self.failures)} failed, "
            f"{len(self.repeats)} repeated, p50 {1000 * self.p50_seconds:.1f} ms, "
            f"p99 {1000 * self.p99_seconds:.1f} ms, answered by {answers}"
        )
        reasons = Counter(
            f"{kind}: {one.reason}"
            for kind, mishaps in (("failed", self.failures), ("repeated", self.repeats))
            for one in mishaps
        )
        return "\n".join([line, *(f"    {n} x {reason}" for reason, n in reasons.items())])
