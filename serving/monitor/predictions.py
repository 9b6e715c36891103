"""Finding prediction objects in the store, and reading them: the newest days, late ones as well."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from secom_core.errors import ObjectNotFoundError, RecordError
from secom_core.record import FOLDER, Records, began_at, first_key, from_parquet, unique
from secom_core.store import Found, Store

LATE_DAYS = 2
"""How late an object may come, counted from the newest one that was read, or from now."""

_NEAR = timedelta(hours=1)
_KEY = re.compile(
    rf"{FOLDER}date=(\d{{4}}-\d\d-\d\d)/(\d{{8}}T\d{{6}}\.\d{{6}})-(.+)-(\d{{1,18}})\.parquet"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Segment:
    """A prediction object, as a listing shows it; segments sort by key, and so by time.

    Parameters
    ----------
    key : str
    began_at : datetime
        UTC, by the predictor's clock.
    writer : str
        The process that wrote it.
    number : int
        That process's own count of segments.
    etag : str
        Another one if the object was replaced.
    """

    key: str
    began_at: datetime
    writer: str
    number: int
    etag: str

    @property
    def day(self) -> date:
        """The UTC day beneath which the object lies."""
        return self.began_at.date()


def find_segments(store: Store, *, since: date | datetime) -> tuple[Segment, ...]:
    """List the objects of segments that began at `since` or later, in order of their keys.

    Days to come are among them: a predictor's clock may be ahead. What does not have the name of a
    segment is passed over.

    Raises
    ------
    StoreError
        If the store is away or refuses.
    """
    return _segments(store.find(FOLDER, after=first_key(since)))


def find_segments_of(store: Store, day: date) -> tuple[Segment, ...]:
    """List the objects of segments that began on a UTC day; else as `find_segments`."""
    return _segments(store.find(first_key(day)))


def near(now: datetime, newest: datetime) -> datetime:
    """Return since when to list so that, in one request, all but very late objects are found."""
    return min(now, newest) - _NEAR


def oldest_day(now: datetime, newest: datetime) -> date:
    """Return the day before which nothing is waited for any more.

    Either clock, ours or that of a predictor, may have jumped ahead; hardly both.
    """
    return (min(now, newest) - timedelta(days=LATE_DAYS)).date()


def read_object(store: Store, key: str) -> Records | None:
    """Read an object's records, each once; None if it cannot be used, which is logged.

    Raises
    ------
    StoreError
        If the store is away or refuses: no fault of the object, so try again.
    """
    try:
        records = from_parquet(store.get(key))
        _require_probabilities(records)
    except (ObjectNotFoundError, RecordError) as exc:
        set_aside(key, str(exc))
        return None
    return unique(records)


def set_aside(key: str, reason: str) -> None:
    """Log that an object's records take no part, for all that came later must go on."""
    logger.warning("prediction object set aside", extra={"fields": {"key": key, "reason": reason}})


def _require_probabilities(records: Records) -> None:
    # Written so that a NaN counts as one that is none.
    is_odd = ~((records.risk >= 0) & (records.risk <= 1))
    if is_odd.any():
        message = f"expected risks from 0 to 1, got {records.risk[is_odd][0]}."
        raise RecordError(message)


def _segments(found: Iterable[Found]) -> tuple[Segment, ...]:
    parsed = (_parsed(each.key, each.etag) for each in found)
    return tuple(segment for segment in parsed if segment)


def _parsed(key: str, etag: str) -> Segment | None:
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    _, time, writer, number = match.groups()
    began = began_at(time)
    if began is None:  # of the form of a time, and none
        return None
    return Segment(key=key, began_at=began, writer=writer, number=int(number), etag=etag)
