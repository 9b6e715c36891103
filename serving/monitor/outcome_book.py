"""The outcomes that were taken in, read again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from secom_core.outcomes import JOURNAL, Board, from_bytes
from secom_core.store import Store
from secom_core.store.journal import Journal


class OutcomeBook:
    """All outcomes so far, and when the last one came.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._journal = Journal(store, JOURNAL)
        self.board = Board()
        self.n_read = 0
        self.newest_at: datetime | None = None

    def refresh(self) -> None:
        """Read what was taken in since, by whomever.

        Raises
        ------
        OutcomeError, StoreError
            If an entry is damaged, or the store is away or refuses.
        """
        entries = self._journal.read(after=self.n_read)
        if not entries:
            return
        new = [outcome for entry in entries for outcome in from_bytes(entry.content)]
        self.board = Board([*self.board, *new])
        self.n_read, self.newest_at = entries[-1].number, entries[-1].written_at

    @property
    def by_result(self) -> Mapping[str, int]:
        """How many there are of each result."""
        counts = Counter({"pass": 0, "fail": 0})
        counts.update(outcome.result for outcome in self.board)
        return counts
