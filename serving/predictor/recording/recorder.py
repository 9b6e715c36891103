"""The server's side: every scored unit goes into the log before it is answered."""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from secom_core.bundle import Bundle, Verdicts
from serving.predictor.recording.audit import Audit
from serving.predictor.recording.backlog import Backlog, backlog
from serving.predictor.recording.entries import Entry, Origin
from serving.predictor.recording.log import Log
from serving.predictor.recording.segments import SUFFIX, segment_name, writing
from serving.predictor.recording.settings import Recording, open_folder
from serving.predictor.recording.trouble import Trouble

FULL, ERROR = UNRECORDED = ("full", "error")
"""Why a unit may be scored and not recorded."""
LOOK_SECONDS = 1.0
"""How often `look` is to be called."""

_UNITS_AT_ONCE = 64
"""Short requests wait for one piece of a long one, not for all of it."""
_PAUSE_SECONDS = 1.0
"""After an error, how long nothing is tried that would fail again."""

_logger = logging.getLogger(__name__)


class Recorder:
    """Appends scored units to a log, from any thread; no trouble of the log's reaches a request.

    Parameters
    ----------
    settings : Recording
        Its folder is there.
    bundle : Bundle
        Judges the units.
    writer : str
        Another one for each start of a server.
    clock : callable
        Gives nanoseconds since 1970.
    monotonic : callable
        Gives seconds.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """

    def __init__(
        self,
        settings: Recording,
        bundle: Bundle,
        *,
        writer: str,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._writer = settings.folder, writer
        self._clock, self._monotonic = clock, monotonic
        self.audit = Audit(settings.audit_share, seed=settings.audit_seed)
        origin = Origin(
            writer=writer,
            bundle=bundle.digest,
            sensors=bundle.contract.sensors,
            audit_share=settings.audit_share,
        )
        self._entry_numbers, self._segment_numbers = itertools.count(1), itertools.count(1)
        self._log = Log(
            settings.folder,
            max_bytes=settings.max_bytes,
            new_path=self._new_path,
            first=origin.to_frame(),
            monotonic=monotonic,
        )
        self._lock = threading.Lock()
        self._trouble = Trouble(_logger, monotonic)
        self._pause_ends = 0.0
        self.n_recorded = self.n_audited = 0
        # From the start, for a rate knows nothing of a first increase from nowhere.
        self.n_unrecorded = Counter(dict.fromkeys(UNRECORDED, 0))

    def record(
        self,
        verdicts: Verdicts,
        readings: np.ndarray,
        *,
        request_id: str,
        unit_ids: Sequence[str],
        measured_at: np.ndarray | None,
    ) -> np.ndarray:
        """Append the units of a request.

        Parameters
        ----------
        verdicts : Verdicts
        readings : ndarray of shape (n_units, n_sensors)
            Numbers of any type, as the bundle judged them.
        request_id : str
        unit_ids : sequence of str
            As many as there are units.
        measured_at : ndarray of shape (n_units,), datetime64[s], or None
            None if the client sent no times.

        Returns
        -------
        ndarray of shape (n_units,), bool
            Which units are to be audited.
        """
        audited = self.audit.marks(unit_ids, verdicts.flagged)
        n_units = len(unit_ids)
        entry = Entry(
            next(self._entry_numbers),
            self._clock() // 1000,
            request_id,
            unit_ids,
            measured_at,
            verdicts.risk,
            verdicts.flagged,
            audited,
            readings if readings.dtype == np.float64 else readings.astype(np.float64),
        )
        if n_units <= _UNITS_AT_ONCE:
            self._append(entry.to_frame(), n_units)
        else:
            for start in range(0, n_units, _UNITS_AT_ONCE):
                part = slice(start, min(start + _UNITS_AT_ONCE, n_units))
                frame = entry.part(part, number=next(self._entry_numbers)).to_frame()
                self._append(frame, part.stop - part.start)
        if n_audited := np.count_nonzero(audited):
            with self._lock:
                self.n_audited += int(n_audited)
        return audited

    def look(self) -> None:
        """Let go of a segment that has been open for long, and see what was shipped."""
        with self._lock, suppress(OSError):  # the next unit meets whatever is wrong, and says so
            self._log.look()

    def close(self) -> None:
        """Leave everything to whoever ships."""
        with self._lock:
            self._log.end_segment()

    def backlog(self) -> Backlog:
        """Measure what is not shipped.

        Raises
        ------
        OSError
            If the folder cannot be read.
        """
        return backlog(self._folder)

    def _append(self, frame: bytes, n_units: int) -> None:
        with self._lock:
            if self._pause_ends and self._monotonic() < self._pause_ends:
                self.n_unrecorded[ERROR] += n_units
                return
            try:
                has_room = self._log.append(frame)
            except OSError as exc:
                self._pause_ends = self._monotonic() + _PAUSE_SECONDS
                self._miss(n_units, ERROR, str(exc))
                return
            if has_room:
                self.n_recorded += n_units
                if self._trouble.is_known:
                    self._trouble.is_over("units are recorded again", units=self.n_unrecorded)
            else:
                self._miss(n_units, FULL, "what is there has to be shipped first")

    def _miss(self, n_units: int, reason: str, why: str) -> None:
        self.n_unrecorded[reason] += n_units
        message = "units are scored and not recorded"
        self._trouble.lasts(message, why=why, folder=self._folder, units=self.n_unrecorded)

    def _new_path(self) -> Path:
        now = datetime.fromtimestamp(self._clock() / 1e9, UTC)
        name = segment_name(now, writer=self._writer, number=next(self._segment_numbers))
        return self._folder / f"{name}{SUFFIX}"


@contextmanager
def recorded(settings: Recording, bundle: Bundle) -> Iterator[Recorder]:
    """Record until the block ends.

    Raises
    ------
    ConfigError
        If the folder cannot be made or written to.
    """
    open_folder(settings.folder)
    with writing(settings.folder):
        recorder = Recorder(settings, bundle, writer=secrets.token_hex(8))
        try:
            yield recorder
        finally:
            recorder.close()
