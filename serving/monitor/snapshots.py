"""What a training is made on: the original units, and those scored since whose outcome is known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from secom_core import dataset
from secom_core.snapshot import take_snapshot, write_snapshot
from secom_core.store import Store
from serving.monitor.asks import TrainingData
from serving.monitor.outcome_book import OutcomeBook

_logger = logging.getLogger(__name__)


class Snapshots:
    """Takes a snapshot of what can be trained on whenever it is called.

    Parameters
    ----------
    store : Store
    source : str
        The original units, as `dataset.load` takes them.
    cache : Path
        Folder where a download is kept.
    open_bucket : callable
        Gives the bucket of a name.
    book : OutcomeBook
        What was taken in so far.
    """

    def __init__(
        self,
        store: Store,
        source: str,
        *,
        cache: Path,
        open_bucket: Callable[[str], Store],
        book: OutcomeBook,
    ) -> None:
        self._store, self._source, self._book = store, source, book
        self._cache, self._open_bucket = cache, open_bucket

    def __call__(self) -> TrainingData:
        """Write down what can be trained on now.

        Raises
        ------
        DataError
            If the original units cannot be had.
        SensorCountError
            If units were scored with other sensors than those have.
        StoreError
            If the store is away, refuses or is full.
        """
        original = dataset.load(self._source, cache=self._cache, open_bucket=self._open_bucket)
        taken = take_snapshot(self._store, original, self._book.read().board)
        address = write_snapshot(self._store, taken.units) if taken.n_new else self._source
        fields = {
            "address": address,
            "digest": taken.units.digest,
            "n_new": taken.n_new,
            "n_new_fails": taken.n_new_fails,
            "n_left_out": taken.n_left_out,
            "damaged": list(taken.damaged),
        }
        _logger.info("snapshot taken", extra={"fields": fields})
        return TrainingData(address=address, digest=taken.units.digest)
