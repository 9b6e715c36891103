"""How many rounds there were, and how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime


class Cycles:
    """Counts rounds: one thread counts, any thread reads."""

    __slots__ = ("_counts", "last_done")

    def __init__(self) -> None:
        # From the start, for a rate knows nothing of a first increase from nowhere.
        self._counts = Counter({"done": 0, "failed": 0})
        self.last_done: datetime | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many there were, by result."""
        return dict(self._counts)

    def done(self, at: datetime) -> None:
        """Count a round that succeeded."""
        self._counts["done"] += 1
        self.last_done = at

    def failed(self) -> None:
        """Count a round that did not."""
        self._counts["failed"] += 1
