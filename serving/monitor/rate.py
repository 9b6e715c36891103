"""How much comes in: a bucket of tokens, refilled at a steady rate."""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """Lets so much through at once, and so much a second in the long run.

    Parameters
    ----------
    size : int
        Most that is let through at once.
    per_second : float
    clock : callable
        Seconds, monotonic.
    """

    __slots__ = ("_at", "_clock", "_level", "_per_second", "size")

    def __init__(self, size: int, *, per_second: float, clock: Callable[[], float]) -> None:
        self.size, self._per_second, self._clock = size, per_second, clock
        self._level, self._at = float(size), clock()

    def take(self, n: int) -> float:
        """Let `n` through, at most `size`; or return in how many seconds there is room for them.

        Returns
        -------
        float
            0 if they are let through.
        """
        now = self._clock()
        self._level = min(self.size, self._level + (now - self._at) * self._per_second)
        self._at = now
        if n > self._level:
            return (n - self._level) / self._per_second
        self._level -= n
        return 0.0
