"""The outcomes that were taken in: read once by a process, however many of its parts ask."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from secom_core.outcomes import JOURNAL, Board, from_bytes
from secom_core.store import Store
from secom_core.store.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """All outcomes up to an entry of the journal.

    Parameters
    ----------
    board : Board
    n_read : int
        The entry.
    newest_at : datetime, optional
        When it was written, by the store's clock; None before the first.
    """

    board: Board = field(default_factory=Board)
    n_read: int = 0
    newest_at: datetime | None = None

    @property
    def by_result(self) -> Mapping[str, int]:
        """How many there are of each result."""
        counts = Counter({"pass": 0, "fail": 0})
        counts.update(outcome.result for outcome in self.board)
        return counts


class OutcomeBook:
    """All outcomes so far; from any thread.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._journal = Journal(store, JOURNAL)
        self._lock = threading.Lock()
        self._known = Known()

    def read(self) -> Known:
        """Read what was taken in since, by whomever, and return all of it.

        Raises
        ------
        OutcomeError, StoreError
            If an entry is damaged, or the store is away or refuses.
        """
        with self._lock:
            before = self._known
            if entries := self._journal.read(after=before.n_read):
                new = [outcome for entry in entries for outcome in from_bytes(entry.content)]
                self._known = Known(
                    board=Board([*before.board, *new]),
                    n_read=entries[-1].number,
                    newest_at=entries[-1].written_at,
                )
            return self._known
