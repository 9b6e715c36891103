"""The server's side: every scored unit goes into the log before it is answered."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from secom_core.bundle import Bundle, Verdicts
from secom_core.record import segment_name
from serving.predictor.recording.audit import NONE, Audit
from serving.predictor.recording.entries import Origin, to_entry
from serving.predictor.recording.log import Log
from serving.predictor.recording.segments import SUFFIX, writing
from serving.predictor.recording.settings import Recording, open_folder

LOOK_SECONDS = 1.0
"""How often the log is to `look`."""
_UNITS_AT_ONCE = 64


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
        self._folder, self._writer, self._clock = settings.folder, writer, clock
        self._entry_numbers, self._segment_numbers = itertools.count(1), itertools.count(1)
        self.audit = Audit(settings.audit_share, seed=settings.audit_seed)
        origin = Origin(
            writer=writer,
            bundle=bundle.digest,
            sensors=bundle.contract.sensors,
            audit_share=settings.audit_share,
        )
        self.log = Log(
            settings.folder,
            max_bytes=settings.max_bytes,
            new_path=self._new_path,
            first=origin.to_frame(),
            monotonic=monotonic,
        )
        self._lock = threading.Lock()
        self.n_audited = 0

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
            Which units are to be audited; not to be written to.
        """
        if len(unit_ids) > _UNITS_AT_ONCE:
            # Short requests wait for one piece of a long one, not for all of it.
            pieces = [
                self.record(
                    Verdicts(verdicts.risk[piece], verdicts.flagged[piece]),
                    readings[piece],
                    request_id=request_id,
                    unit_ids=unit_ids[piece],
                    measured_at=None if measured_at is None else measured_at[piece],
                )
                for piece in _pieces(len(unit_ids))
            ]
            return np.concatenate(pieces)
        audited = self.audit.marks(unit_ids, verdicts.flagged)
        entry = to_entry(
            verdicts,
            np.ascontiguousarray(readings, np.float64),
            audited,
            number=next(self._entry_numbers),
            scored_at=self._clock() // 1000,
            request_id=request_id,
            unit_ids=unit_ids,
            measured_at=measured_at,
        )
        self.log.append(entry, len(unit_ids))
        if audited is not NONE:
            with self._lock:
                self.n_audited += int(np.count_nonzero(audited))
        return audited

    def _new_path(self) -> Path:
        now = datetime.fromtimestamp(self._clock() / 1e9, UTC)
        name = segment_name(now, writer=self._writer, number=next(self._segment_numbers))
        return self._folder / f"{name}{SUFFIX}"


def _pieces(n_units: int) -> Iterator[slice]:
    return (slice(start, start + _UNITS_AT_ONCE) for start in range(0, n_units, _UNITS_AT_ONCE))


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
            recorder.log.close()
