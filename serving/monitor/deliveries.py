"""Deliveries of outcomes, each written down whole before anybody is told that it was taken in."""

from __future__ import annotations

import threading
from collections.abc import Collection

from secom_core.errors import ConflictError
from secom_core.outcomes import JOURNAL, Added, Outcome, to_bytes
from secom_core.store import Store
from secom_core.store.journal import Journal
from serving.monitor.outcome_book import OutcomeBook


class Deliveries:
    """The way in for outcomes; from any thread.

    Parameters
    ----------
    store : Store
    book : OutcomeBook
        What was taken in so far.
    """

    def __init__(self, store: Store, book: OutcomeBook) -> None:
        self._journal, self._book = Journal(store, JOURNAL), book
        self._lock = threading.Lock()

    def take_in(self, delivered: Collection[Outcome], *, sender: str) -> Added:
        """Write down what is new, unless anything contradicts what is known: then nothing.

        Parameters
        ----------
        delivered : collection of Outcome
        sender : str
            For the audit.

        Raises
        ------
        StoreError
            If the store is away, refuses or is full. When its answer was lost, the outcomes may be
            there: sent again, they are known.
        """
        with self._lock:
            while True:
                known = self._book.read()
                added = known.board.add(delivered)
                if added.conflicts or not added.accepted:
                    return added
                try:
                    content = to_bytes(added.accepted, sender=sender)
                    self._journal.append(content, after=known.n_read)
                except ConflictError:  # another delivery came first: judge in view of it
                    continue
                return added
