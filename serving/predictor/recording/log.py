"""A bounded log: one segment after the other, in a folder that holds so much and no more."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from serving.predictor.recording.backlog import Backlog, backlog
from serving.predictor.recording.segments import STEP_BYTES, OpenSegment
from serving.predictor.recording.trouble import Trouble

FULL, ERROR = UNRECORDED = ("full", "error")
"""Why units may be scored and not recorded."""
SEGMENT_SECONDS = 5.0
"""How long a segment grows before it can be shipped, unless it is large before."""
_SEGMENT_BYTES = 8 * 2**20
_MANY_SEGMENTS = 100
"""So many wait only where the store is away: more of them, and small ones, would help nobody."""
_PAUSE_SECONDS = 1.0
"""After an error, how long nothing is tried that would fail again."""

_logger = logging.getLogger(__name__)


class Log:
    """Segments of one server, for any thread; what cannot be written is counted, and no more.

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
        self._lock = threading.Lock()
        self._segment: OpenSegment | None = None
        self._began = 0.0
        self._pause_ends = float("-inf")
        self._trouble = Trouble(_logger, monotonic)
        self._see(backlog(folder).n_bytes)
        self.n_recorded = 0
        # From the start, for a rate knows nothing of a first increase from nowhere.
        self.n_unrecorded = Counter(dict.fromkeys(UNRECORDED, 0))

    def append(self, frame: bytes, n_units: int) -> None:
        """Write the frame of so many units, where that is possible."""
        with self._lock:
            segment = self._segment
            try:
                if segment is None or segment.n_bytes + len(frame) > self._fits:
                    segment = self._segment_for(len(frame), n_units)
                    if segment is None:
                        return
                segment.append(frame)
            except OSError as exc:
                self._end_segment()
                self._pause_ends = self._monotonic() + _PAUSE_SECONDS
                self._miss(n_units, ERROR, str(exc))
                return
            self.n_recorded += n_units
            if self._trouble.is_known:
                self._trouble.is_over("units are recorded again", units=self.n_unrecorded)

    def look(self) -> None:
        """Make use of the room that shipped segments leave, and let go of an old one."""
        with self._lock, suppress(OSError):  # the next unit meets whatever is wrong, and says so
            found = backlog(self._folder)
            self._see(found.n_bytes - (self._segment.n_made if self._segment else 0))
            is_old = self._monotonic() - self._began >= SEGMENT_SECONDS
            if is_old and found.n_segments < _MANY_SEGMENTS:
                self._end_segment()

    def backlog(self) -> Backlog:
        """Measure what is not shipped.

        Raises
        ------
        OSError
            If the folder cannot be read.
        """
        return backlog(self._folder)

    def close(self) -> None:
        """Leave everything to whoever ships."""
        with self._lock:
            self._end_segment()

    def _segment_for(self, n_bytes: int, n_units: int) -> OpenSegment | None:
        """Return what a frame goes into; where it cannot go anywhere, count its units."""
        if self._monotonic() < self._pause_ends:
            self.n_unrecorded[ERROR] += n_units
            return None
        held = self._other_bytes + (self._segment.n_bytes if self._segment else 0)
        if held + len(self._first) + n_bytes + STEP_BYTES > self._max_bytes:
            self._miss(n_units, FULL, "what is there has to be shipped first")
            return None
        self._end_segment()
        self._segment, self._began = OpenSegment(self._new_path, self._first), self._monotonic()
        return self._segment

    def _end_segment(self) -> None:
        segment, self._segment = self._segment, None
        if segment:
            self._see(self._other_bytes + segment.n_bytes)
            with suppress(OSError):
                segment.close()

    def _see(self, other_bytes: int) -> None:
        """Reckon with so many bytes in the folder beside the segment that is open."""
        self._other_bytes = other_bytes
        self._fits = min(self._segment_bytes, self._max_bytes - STEP_BYTES - other_bytes)

    def _miss(self, n_units: int, reason: str, why: str) -> None:
        self.n_unrecorded[reason] += n_units
        message = "units are scored and not recorded"
        self._trouble.lasts(message, why=why, folder=self._folder, units=self.n_unrecorded)
