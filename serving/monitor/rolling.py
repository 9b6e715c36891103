"""The newest units that were scored, by whatever bundle, without their readings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np

from secom_core.record import Records, concatenate, unique
from secom_core.store import Store
from serving.monitor.predictions import Segment, find_segments_of, read_object

N_UNITS, N_OBJECTS = 50_000, 5_000
"""Held at most: 36 MB, and no more objects than can be read back in minutes. An outcome that
comes when so many others have been scored since finds its prediction no more."""

_DAYS_BACK = 120
"""In which the line of SECOM, slow as it is, makes 2,000 units."""


class Rolling:
    """Holds the newest units: reads backwards until they are enough, and is then added to.

    Parameters
    ----------
    store : Store
    n_units : int
        How many; a few more, as whole objects are held.
    n_objects : int
        In how many at most.
    """

    def __init__(self, store: Store, *, n_units: int = N_UNITS, n_objects: int = N_OBJECTS) -> None:
        self._store, self._n_units, self._n_objects = store, n_units, n_objects
        self._held: dict[str, tuple[str, Records]] = {}
        self._n_held = 0
        self._earlier: list[Segment] = []
        self._day: date | None = None
        self._days_left = _DAYS_BACK
        self.is_filled = False
        self.version = 0

    def fill(self, start: datetime, *, most: int) -> None:
        """Read backwards in time, beginning on the day of `start`, at most so many objects.

        Raises
        ------
        StoreError
            If the store is away or refuses; what was read stays.
        """
        for _ in range(most):
            if self.is_filled:
                return
            self._list_earlier(start)
            is_enough = self._n_held >= self._n_units or len(self._held) >= self._n_objects
            if not self._earlier or is_enough:
                self.is_filled, self._earlier = True, []
                return
            segment = self._earlier[-1]
            if self._is_new(segment):
                self._hold(segment, read_object(self._store, segment.key))
            self._earlier.pop()

    def wanted(self, segments: Iterable[Segment]) -> list[Segment]:
        """Return those of some segments that are among the newest and not held."""
        oldest = min(self._held, default="")
        if not self._held and not self.is_filled:
            return []
        return [each for each in segments if each.key > oldest and self._is_new(each)]

    def take(self, segment: Segment, records: Records | None) -> None:
        """Hold a segment's units, and let the oldest go; None if they cannot be used."""
        self._hold(segment, records)
        for key in sorted(self._held):
            n_units = len(self._held[key][1])
            is_needed = self._n_held - n_units < self._n_units
            if is_needed and len(self._held) <= self._n_objects:
                return
            del self._held[key]
            self._n_held -= n_units

    def records(self) -> Records:
        """Return the units, in order; their readings are left out."""
        return unique(concatenate([self._held[key][1] for key in sorted(self._held)]))

    def _is_new(self, segment: Segment) -> bool:
        return segment.key not in self._held or self._held[segment.key][0] != segment.etag

    def _hold(self, segment: Segment, records: Records | None) -> None:
        _, before = self._held.get(segment.key, ("", concatenate([])))
        light = concatenate([]) if records is None else _light(records)
        self._held[segment.key] = (segment.etag, light)
        self._n_held += len(light) - len(before)
        self.version += 1

    def _list_earlier(self, start: datetime) -> None:
        while not self._earlier and self._days_left:
            day = start.date() if self._day is None else self._day - timedelta(days=1)
            self._earlier = list(find_segments_of(self._store, day))
            self._day, self._days_left = day, self._days_left - 1


def _light(records: Records) -> Records:
    """Leave out what no outcome is joined or weighed by."""
    n = len(records)
    nobody = np.full(n, "", dtype=object)
    return replace(records, readings=np.empty((n, 0)), request_id=nobody)
