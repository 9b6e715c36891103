"""Units that a bundle has scored, and segments of them in the store, without a predictor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from secom_core.bundle import Bundle
from secom_core.errors import StoreError
from secom_core.record import Records, object_key, to_parquet
from secom_core.store import Found, Settings, Store

NOW = datetime(2008, 11, 20, 12, tzinfo=UTC)
"""When tests look."""


def scored(bundle: Bundle, readings: np.ndarray, *, first: int = 0, audit_share: float = 0.0):
    """Return the records of units, numbered from `first`, one a second until tests look."""
    verdicts = bundle.judge(readings)
    number = np.arange(first, first + len(readings))
    names = np.array([f"unit-{each}" for each in number], dtype=object)
    ids = np.array([f"record-{bundle.digest[:8]}-{each}" for each in number], dtype=object)
    began = np.datetime64(NOW.replace(tzinfo=None) - timedelta(hours=6), "us")
    return Records(
        record_id=ids,
        scored_at=began + number.astype("timedelta64[s]"),
        unit_id=names,
        measured_at=np.full(len(names), np.datetime64("NaT"), dtype="datetime64[s]"),
        readings=readings,
        risk=verdicts.risk,
        flagged=verdicts.flagged,
        audited=np.zeros(len(names), dtype=np.bool_),
        audit_share=np.full(len(names), audit_share),
        bundle=np.full(len(names), bundle.digest, dtype=object),
        request_id=names,
    )


def segment_key(number: int, *, writer: str = "a1b2c3d4", at: datetime | None = None) -> str:
    """Return the key of a writer's segment, which began so many seconds after the first unit."""
    began = at or NOW - timedelta(hours=6) + timedelta(seconds=number)
    return object_key(f"{began:%Y%m%dT%H%M%S.%f}-{writer}-{number}", began.date())


def ship(store: Store, bundle: Bundle, records: Records, key: str) -> str:
    """Put a segment into the store as the shipper does."""
    store.put(key, to_parquet(records, bundle.contract.sensors))
    return key


def ship_all(store: Store, bundle: Bundle, records: Records, *, size: int, first: int = 0) -> None:
    """Put records into the store in segments of `size` units."""
    for start in range(0, len(records), size):
        part = records.window(slice(start, start + size))
        ship(store, bundle, part, segment_key(first + start))


class Killed(BaseException):
    """Ends a monitor as SIGKILL does: nothing after it happens."""


class Watched(Store):
    """A real store that notes what it is asked; it can be away for a folder, or kill who writes.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.asked: list[tuple[str, str]] = []
        self.is_away_for: str | None = None
        self.kills_before: int | None = None
        self.kills_after: int | None = None

    def _note(self, what: str, key: str) -> None:
        self.asked.append((what, key))
        if self.is_away_for is not None and key.startswith(self.is_away_for):
            message = f"{key} is away"
            raise StoreError(message)

    @property
    def n_written(self) -> int:
        """How often it was asked to write."""
        return sum(what == "put" for what, _ in self.asked)

    def get_with_etag(self, key: str) -> tuple[bytes, str]:
        """Note it, and do it."""
        self._note("get", key)
        return super().get_with_etag(key)

    def find(self, prefix: str, *, after: str = "") -> tuple[Found, ...]:
        """Note it, and do it."""
        self._note("find", prefix)
        return super().find(prefix, after=after)

    def put_if(self, key: str, data: bytes, *, etag: str | None) -> str:
        """Note it, and do it, unless that kills who asks before or after."""
        self._note("put", key)
        if self.n_written == self.kills_before:
            raise Killed
        written = super().put_if(key, data, etag=etag)
        if self.n_written == self.kills_after:
            raise Killed
        return written
