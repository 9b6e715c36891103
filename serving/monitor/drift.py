"""Windows of what the champion scored, cut by count, and whether they drift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

import numpy as np

from secom_core.bundle import Bundle
from secom_core.drift.watch import (
    MIN_UNITS,
    WINDOW_UNITS,
    DriftVerdict,
    Scored,
    compare,
    cut_windows,
    judge_drift,
)
from secom_core.errors import ConfigError, ObjectNotFoundError
from secom_core.record import Records, concatenate
from secom_core.store import Store, documents
from serving.monitor.drift_state import HISTORY, RECENT, DriftState, short_ids, state_key
from serving.monitor.predictions import Segment, oldest_day, set_aside
from serving.monitor.waiting import read_waiting


def require_window(n_units: int) -> None:
    """Refuse windows of so few units that they would tell nothing.

    Raises
    ------
    ConfigError
    """
    if n_units < MIN_UNITS:
        message = (
            f"a window must hold at least {MIN_UNITS} units, got {n_units}: in fewer, chance alone "
            "looks like drift."
        )
        raise ConfigError(message)


class DriftWatch:
    """Cuts a bundle's scored units into windows and judges these.

    A round is `load`, `take` for each segment that is `wanted`, in order, and `save`. Left off
    anywhere before the last of these, it has done nothing. Of two monitors that do the same at
    once, `save` refuses the second, which then loads what the first has saved.

    Parameters
    ----------
    store : Store
    bundle : Bundle
        The champion; what other bundles have scored is passed over.
    since : date
        Objects of earlier days take no part: the champion was none then.
    window_units : int
        Units of a window.
    """

    def __init__(
        self, store: Store, bundle: Bundle, *, since: date, window_units: int = WINDOW_UNITS
    ) -> None:
        self._store, self._bundle, self._window_units = store, bundle, window_units
        self._reference = bundle.watched()
        self._key = state_key(bundle.digest)
        self._state = self._fresh = DriftState(bundle=bundle.digest, since=since)
        self._waiting = concatenate([])
        self._etag: str | None = None
        self._is_current = False

    @property
    def state(self) -> DriftState:
        """How far the watch has come."""
        return self._state

    def load(self) -> None:
        """Begin from what was saved last, by whomever.

        Raises
        ------
        StoreError
            If the store is away or refuses, or the document is damaged.
        """
        try:
            content, etag = self._store.get_with_etag(self._key)
        except ObjectNotFoundError:
            content, etag = None, None
        if self._is_current and etag == self._etag:
            return
        self._is_current = False
        saved = self._fresh if content is None else DriftState.from_bytes(content, self._key)
        since = max(saved.since, self._fresh.since)
        waiting, self._waiting = read_waiting(self._store, saved.waiting)
        self._state = replace(saved, since=since, waiting=waiting)
        self._etag, self._is_current = etag, True

    def wanted(self, segments: Iterable[Segment]) -> list[Segment]:
        """Return those of some segments that have not been read, or were replaced as unreadable."""
        state = self._state
        return [
            each
            for each in segments
            if each.day >= state.since
            and each not in state.consumed
            and state.set_aside.get(each.key) != each.etag
        ]

    def take(self, segment: Segment, records: Records | None) -> None:
        """Add a segment's units to those that wait, and judge the windows that this fills.

        Parameters
        ----------
        segment : Segment
        records : Records, optional
            None if they cannot be read; then the object is set aside.
        """
        self._is_current = False
        state = self._state
        if records is None or not self._fits(segment, records):
            aside = {**state.set_aside, segment.key: segment.etag}
            self._state = replace(state, set_aside=aside)
            return
        rows = self._new_rows(records)
        fresh = records.take(rows)
        self._state = replace(
            state,
            consumed=state.consumed.having(segment),
            set_aside={key: tag for key, tag in state.set_aside.items() if key != segment.key},
            waiting=(*state.waiting, *((segment.key, row) for row in rows.tolist())),
            recent=(*state.recent, *short_ids(fresh.record_id))[-RECENT:],
        )
        self._waiting = concatenate([self._waiting, fresh])
        self._cut()

    def save(self, now: datetime) -> None:
        """Write down what was taken; where nothing was, there is nothing to do.

        Raises
        ------
        ConflictError
            If another monitor has saved since.
        StoreError
            If the store is away, refuses or is full.
        """
        if self._is_current:
            return
        newest = self._state.consumed.newest
        if newest:
            self._state = self._state.from_day(oldest_day(now, newest))
        content = documents.to_bytes(self._state.to_json())
        self._etag = self._store.put_if(self._key, content, etag=self._etag)
        self._is_current = True

    def verdict(self) -> DriftVerdict | None:
        """Say what the windows so far add up to; None before the first is full."""
        if not self._state.windows:
            return None
        found = judge_drift(
            self._state.windows,
            sensors_read=self._bundle.sensors_read,
            baseline=self._bundle.drift_baseline,
            max_inspection_rate=self._bundle.operating_point.max_inspection_rate,
        )
        return replace(found, n_windows=self._state.n_windows)

    def _fits(self, segment: Segment, records: Records) -> bool:
        """Whether units that are said to be the bundle's have as many readings as it asks for."""
        got, expected = records.readings.shape[1], self._bundle.contract.n_sensors
        is_odd = got != expected and bool(np.any(records.bundle == self._bundle.digest))
        if is_odd:
            set_aside(segment.key, f"{got} readings a unit, of a bundle that asks for {expected}")
        return not is_odd

    def _new_rows(self, records: Records) -> np.ndarray:
        """Return the rows that the bundle scored and that have not been read lately."""
        known = frozenset(self._state.recent)
        is_known = [each in known for each in short_ids(records.record_id)]
        is_own = records.bundle == self._bundle.digest
        return np.flatnonzero(is_own & ~np.array(is_known, dtype=np.bool_))

    def _cut(self) -> None:
        cuts = cut_windows(len(self._waiting), size=self._window_units)
        if not cuts:
            return
        n_cut, state = cuts[-1].stop, self._state
        windows = [compare(self._reference, _scored(self._waiting.window(cut))) for cut in cuts]
        self._state = replace(
            state,
            waiting=state.waiting[n_cut:],
            n_windows=state.n_windows + len(cuts),
            windows=(*state.windows, *windows)[-HISTORY:],
        )
        # Copied, for a view would keep the readings of all units in memory.
        self._waiting = self._waiting.take(np.arange(n_cut, len(self._waiting)))


def _scored(units: Records) -> Scored:
    return Scored(
        readings=units.readings,
        risk=units.risk,
        flagged=units.flagged,
        scored_at=units.scored_at,
    )
