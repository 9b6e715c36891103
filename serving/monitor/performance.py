"""How the champion does, as far as outcomes tell."""

from __future__ import annotations

import numpy as np

from secom_core.outcomes import Board, Joined, Live, join, live
from secom_core.record import Records
from secom_core.store import Store
from serving.monitor.joined_fails import JoinedFails
from serving.monitor.outcome_book import Known, OutcomeBook
from serving.monitor.rolling import Rolling
from serving.monitor.state import OutcomeCounts

_SEED = 0
"""Of the intervals: the same units and outcomes have the same ones in every round."""

Told = tuple[Live | None, OutcomeCounts]


class Performance:
    """Joins outcomes to the units scored last, and judges the champion by them.

    Parameters
    ----------
    store : Store
    rolling : Rolling
        Units scored last.
    book : OutcomeBook
        What was taken in so far.
    """

    def __init__(self, store: Store, rolling: Rolling, book: OutcomeBook) -> None:
        self._rolling = rolling
        self._book, self._fails = book, JoinedFails(store)
        self._seen: tuple[str | None, int, int, bool] | None = None
        self._told: Told = (None, OutcomeCounts())

    def look(self, bundle: str | None) -> Told:
        """Read new outcomes, and say what all of them tell.

        Parameters
        ----------
        bundle : str, optional
            Digest of the champion, if there is one.

        Returns
        -------
        live : Live, optional
            None without a champion, and until the units scored last have been read back.
        counts : OutcomeCounts

        Raises
        ------
        SecomError
            If the store is away or refuses, or the outcomes are damaged.
        """
        known, rolling = self._book.read(), self._rolling
        seen = (bundle, known.n_read, rolling.version, rolling.is_filled)
        if seen != self._seen:
            self._told = self._judged(bundle, known)
            self._seen = seen
        return self._told

    def _judged(self, bundle: str | None, known: Known) -> Told:
        records, board = self._rolling.records(), known.board
        joined = join(records, board)
        self._fails.add(records.unit_id[joined.index[joined.is_fail]].tolist())
        is_filled = self._rolling.is_filled
        found = live(joined, records, bundle=bundle, seed=_SEED) if bundle and is_filled else None
        return found, OutcomeCounts(
            taken_in=known.by_result,
            newest_at=known.newest_at,
            n_fails_joined=len(self._fails),
            joined=found.joined if found else {},
            n_unmatched=_n_unmatched(joined, records, board) if is_filled else None,
        )


def _n_unmatched(joined: Joined, records: Records, board: Board) -> int:
    """Count outcomes without a prediction, but for those older than any that is held."""
    found = (board.get(unit) for unit in joined.unmatched)
    times = [np.datetime64(each.found_at.replace(tzinfo=None), "us") for each in found if each]
    first = records.scored_at.min() if len(records) else np.datetime64(0, "us")
    return sum(bool(time >= first) for time in times)
