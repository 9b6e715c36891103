"""The shipper: a process of its own, so that encoding Parquet takes no time of the server's."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from secom_core.errors import StoreError
from secom_core.store import Store
from serving.predictor.recording.backlog import backlog
from serving.predictor.recording.segments import has_writer, segments_in
from serving.predictor.recording.settings import open_folder
from serving.predictor.recording.shipping import ship, units_left
from serving.predictor.recording.trouble import Trouble

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 30.0
_LOOK_SECONDS = 0.2

_logger = logging.getLogger(__name__)


class Shipper:
    """Brings segments to the store until it is told to stop, and then what is left.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    store : Store
    every : float
        Seconds between two looks into the folder.
    wait : float
        How long, once told to stop, to wait for servers that still write, and for the store.
    monotonic : callable
        Gives seconds.

    Raises
    ------
    ConfigError
        If the folder cannot be made or written to.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        *,
        every: float,
        wait: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        open_folder(folder)
        self._folder, self._store = folder, store
        self._every, self._wait, self._monotonic = every, wait, monotonic
        self._of_store = Trouble(_logger, monotonic)
        self._of_folder = Trouble(_logger, monotonic)

    def run(self, stopping: threading.Event) -> int:
        """Ship until `stopping` is set, then what is left; return the units that remain."""
        place = {"folder": str(self._folder), "store": self._store.address()}
        _logger.info("shipping", extra={"fields": place})
        pause = self._every
        while not stopping.wait(pause):
            pause = self._every if self.ship_all() else self._longer(pause)
        _logger.info("stopping")
        self._ship_the_rest()
        n_left = units_left(self._folder)
        level = logging.ERROR if n_left else logging.INFO
        _logger.log(level, "stopped", extra={"fields": {"units_left": n_left}})
        return n_left

    def ship_all(self) -> bool:
        """Ship every segment that nobody writes; tell whether the store took what it was given."""
        for path in segments_in(self._folder):
            try:
                ship(path, self._store)
            except StoreError as exc:
                waiting = backlog(self._folder)
                self._of_store.lasts(
                    "the store takes no records; they stay here until it does",
                    why=str(exc),
                    segments=waiting.n_segments,
                    bytes=waiting.n_bytes,
                )
                return False
            except OSError as exc:  # the others can be shipped all the same
                self._of_folder.lasts("a segment cannot be shipped", why=str(exc))
        self._of_store.is_over("the store takes records again")
        return True

    def _longer(self, pause: float) -> float:
        return min(max(2 * pause, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)

    def _ship_the_rest(self) -> None:
        deadline = self._monotonic() + self._wait
        while True:
            # In this order: who ends now has written its last before the folder is looked through.
            is_written = has_writer(self._folder)
            if self.ship_all() and not is_written:
                return
            if self._monotonic() >= deadline:
                return
            time.sleep(_LOOK_SECONDS)
