"""A bounded log: one segment after the other, in a folder that holds so much and no more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from serving.predictor.recording.backlog import backlog
from serving.predictor.recording.segments import STEP_BYTES, OpenSegment

SEGMENT_SECONDS = 5.0
"""How long a segment grows before it can be shipped, unless it is large before."""
_SEGMENT_BYTES = 8 * 2**20
_MANY_SEGMENTS = 100
"""So many wait only where the store is away: more of them, and small ones, would help nobody."""


class Log:
    """Segments of one server. One thread at a time may use it.

    Parameters
    ----------
    folder : Path
    max_bytes : int
        What the folder may hold.
    new_path : callable
        Gives the path of a new segment, another one each time.
    first : bytes
        First frame of every segment.
    monotonic : callable
        Gives seconds.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        new_path: Callable[[], Path],
        first: bytes,
        monotonic: Callable[[], float],
    ) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._new_path, self._first, self._monotonic = new_path, first, monotonic
        self._segment_bytes = min(_SEGMENT_BYTES, max_bytes // 4)
        self._segment: OpenSegment | None = None
        self._began = 0.0
        self._see(backlog(folder).n_bytes)

    def append(self, frame: bytes) -> bool:
        """Write a frame; tell whether there was room for it.

        Raises
        ------
        OSError
            If it cannot be written. The next one goes into a new segment.
        """
        segment = self._segment
        if segment is None or segment.n_bytes + len(frame) > self._fits:
            segment = self._segment_for(len(frame))
            if segment is None:
                return False
        try:
            segment.append(frame)
        except OSError:
            self.end_segment()
            raise
        return True

    def _segment_for(self, n_bytes: int) -> OpenSegment | None:
        held = self._other_bytes + (self._segment.n_bytes if self._segment else 0)
        if held + len(self._first) + n_bytes + STEP_BYTES > self._max_bytes:
            return None
        self.end_segment()
        self._segment, self._began = OpenSegment(self._new_path, self._first), self._monotonic()
        self._see(self._other_bytes)
        return self._segment

    def _see(self, other_bytes: int) -> None:
        self._other_bytes = other_bytes
        self._fits = min(self._segment_bytes, self._max_bytes - STEP_BYTES - other_bytes)

    def look(self) -> None:
        """Make use of the room that shipped segments leave, and let go of an old one.

        Raises
        ------
        OSError
            If the folder cannot be read.
        """
        found = backlog(self._folder)
        self._see(found.n_bytes - (self._segment.n_made if self._segment else 0))
        is_old = self._monotonic() - self._began >= SEGMENT_SECONDS
        if self._segment and is_old and found.n_segments < _MANY_SEGMENTS:
            self.end_segment()

    def end_segment(self) -> None:
        """Let go of the segment that is open, if one is, for it to be shipped."""
        segment, self._segment = self._segment, None
        if segment:
            self._see(self._other_bytes + segment.n_bytes)
            with suppress(OSError):
                segment.close()
