"""Scored units as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from secom_core.errors import RecordError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """Scored units in order of scoring; a unit that was scored again is there again.

    Parameters
    ----------
    record_id : ndarray of shape (n_records,), str
        Unique to one scoring of one unit: readers drop repeats by it.
    scored_at : ndarray of shape (n_records,), datetime64[us]
        UTC.
    unit_id : ndarray of shape (n_records,), str
        The client's name for the unit, or the one that the answer gave it.
    measured_at : ndarray of shape (n_records,), datetime64[s]
        The line's time as the client sent it, without its offset, as `Units` has it; NaT where
        none was sent.
    readings : ndarray of shape (n_records, n_sensors), float64
        NaN means "not measured".
    risk : ndarray of shape (n_records,), float64
    flagged : ndarray of shape (n_records,), bool
    audited : ndarray of shape (n_records,), bool
        Marked for audit, which only unflagged units are.
    audit_share : ndarray of shape (n_records,), float64
        Probability with which an unflagged unit was marked then.
    bundle : ndarray of shape (n_records,), str
        Digest of the bundle that judged.
    request_id : ndarray of shape (n_records,), str

    Raises
    ------
    RecordError
        If the columns differ in length.
    """

    record_id: np.ndarray
    scored_at: np.ndarray
    unit_id: np.ndarray
    measured_at: np.ndarray
    readings: np.ndarray
    risk: np.ndarray
    flagged: np.ndarray
    audited: np.ndarray
    audit_share: np.ndarray
    bundle: np.ndarray
    request_id: np.ndarray

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        if len(set(lengths.values())) > 1:
            message = f"expected as many values in each column of records, got {lengths}."
            raise RecordError(message)

    def __len__(self) -> int:
        return len(self.record_id)

    def window(self, window: slice) -> Records:
        """Return the records of `window` as views."""
        return Records(**{name: getattr(self, name)[window] for name in COLUMNS})

    def take(self, which: np.ndarray) -> Records:
        """Return the records that a mask or an array of indices names, in its order."""
        return Records(**{name: getattr(self, name)[which] for name in COLUMNS})


COLUMNS = tuple(field.name for field in fields(Records))
"""Names of the columns, in their order."""


def concatenate(parts: Sequence[Records]) -> Records:
    """Put records behind each other.

    Parts without records are passed over; of none at all come records of no units and sensors.

    Raises
    ------
    RecordError
        If their units do not carry equally many readings.
    """
    parts = [part for part in parts if len(part)] or list(parts[:1]) or [_none()]
    widths = {part.readings.shape[1] for part in parts}
    if len(widths) > 1:
        message = (
            f"expected records of equally many sensors, got {sorted(widths)}. "
            "Take those of one bundle's contract at a time."
        )
        raise RecordError(message)
    if len(parts) == 1:
        return parts[0]
    columns = {name: [getattr(part, name) for part in parts] for name in COLUMNS}
    return Records(**{name: np.concatenate(column) for name, column in columns.items()})


def unique(records: Records) -> Records:
    """Return the first record of each id, in their order."""
    _, first = np.unique(records.record_id, return_index=True)
    return records if len(first) == len(records) else records.take(np.sort(first))


def _none() -> Records:
    texts, numbers, marks = np.empty(0, dtype=object), np.empty(0), np.empty(0, dtype=np.bool_)
    return Records(
        record_id=texts,
        scored_at=np.empty(0, dtype="datetime64[us]"),
        unit_id=texts,
        measured_at=np.empty(0, dtype="datetime64[s]"),
        readings=np.empty((0, 0)),
        risk=numbers,
        flagged=marks,
        audited=marks,
        audit_share=numbers,
        bundle=texts,
        request_id=texts,
    )
