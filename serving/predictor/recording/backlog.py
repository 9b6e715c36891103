"""What lies in a folder of segments."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from secom_core.record import began_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What the object store has not got.

    Parameters
    ----------
    n_bytes : int
    n_segments : int
        Damaged ones among them: somebody has to look at those.
    since : datetime or None
        When the oldest of it was scored; None where there is none.
    """

    n_bytes: int
    n_segments: int
    since: datetime | None

    def seconds(self, now: datetime) -> float:
        """Return the age of the oldest of it, 0 where there is none."""
        return max((now - self.since).total_seconds(), 0.0) if self.since else 0.0


def backlog(folder: Path) -> Backlog:
    """Measure what lies in a folder of segments.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    n_bytes, times = 0, []
    with os.scandir(folder) as entries:
        for entry in entries:
            since = began_at(entry.name)
            if since is None:
                continue
            try:
                n_bytes += entry.stat().st_size
            except FileNotFoundError:  # shipped meanwhile
                continue
            times.append(since)
    return Backlog(n_bytes=n_bytes, n_segments=len(times), since=min(times, default=None))
