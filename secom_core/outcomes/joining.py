"""Which prediction an outcome is the outcome of, and how it came to be known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from secom_core.outcomes.outcome import Outcome
from secom_core.record import Records

INSPECTION, AUDIT, FINAL_TEST = "inspection", "audit", "final_test"
WAYS = (INSPECTION, AUDIT, FINAL_TEST)
"""In which an outcome comes: the unit was flagged, or marked for audit, or everything is tested."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """Outcomes beside the predictions that they are the outcomes of.

    Parameters
    ----------
    index : ndarray of shape (n_joined,), int
        The outcome's record, in order of scoring: `records.take(joined.index)`.
    is_fail : ndarray of shape (n_joined,), bool
    how : ndarray of shape (n_joined,), str
        One of `WAYS`.
    unmatched : tuple of str
        Names of units that no prediction from before the outcome is known of, perhaps not yet.
    """

    index: np.ndarray
    is_fail: np.ndarray
    how: np.ndarray
    unmatched: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.index)


def join(records: Records, outcomes: Iterable[Outcome]) -> Joined:
    """Join each outcome to the last record of its unit that is older than it.

    Parameters
    ----------
    records : Records
        In any order, without repeats.
    outcomes : iterable of Outcome
        One a unit: a `Board`.
    """
    by_unit = {outcome.unit_id: outcome for outcome in outcomes}
    found_at = {name: _microseconds(outcome.found_at) for name, outcome in by_unit.items()}
    names, scored_at = records.unit_id.tolist(), records.scored_at.astype(np.int64).tolist()
    last: dict[str, int] = {}
    for index in in_order_of_scoring(records).tolist():
        if scored_at[index] < found_at.get(names[index], scored_at[index]):
            last[names[index]] = index
    index = np.array(
        sorted(last.values(), key=lambda each: (scored_at[each], each)), dtype=np.int64
    )
    return Joined(
        index=index,
        is_fail=np.array([by_unit[names[each]].is_fail for each in index], dtype=np.bool_),
        how=_how(records.flagged[index], records.audited[index]),
        unmatched=tuple(name for name in by_unit if name not in last),
    )


def in_order_of_scoring(records: Records) -> np.ndarray:
    """Return indices of shape (n_records,): several predictors' may come one behind another."""
    return np.argsort(records.scored_at, kind="stable")


def _how(flagged: np.ndarray, audited: np.ndarray) -> np.ndarray:
    return np.where(flagged, INSPECTION, np.where(audited, AUDIT, FINAL_TEST))


def _microseconds(time: datetime) -> int:
    return int(np.datetime64(time.replace(tzinfo=None), "us").astype(np.int64))
