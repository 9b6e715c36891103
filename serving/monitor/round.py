"""One round of the monitor: read what is new, judge it, write down what must not be lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from secom_core.bundle import Bundle
from secom_core.drift.watch import WINDOW_UNITS
from secom_core.errors import SecomError
from secom_core.evaluation import Figure
from secom_core.store import Store
from serving.monitor.champion import BundleAtHand, Champions, Reign
from serving.monitor.cycles import Cycles
from serving.monitor.drift import DriftWatch, require_window
from serving.monitor.outcome_book import OutcomeBook
from serving.monitor.performance import Performance
from serving.monitor.predictions import (
    Segment,
    find_segments,
    near,
    oldest_day,
    read_object,
)
from serving.monitor.rolling import Rolling
from serving.monitor.state import Seen

MAX_OBJECTS, MAX_UNITS = 500, 20_000
"""Read in one round, so that none takes long; the next one goes on."""

SAVE_UNITS = 2_000
"""Read at most before what was found is saved: whoever is killed again and again gets on."""

_LIST_ALL_EVERY = timedelta(minutes=10)


class Round:
    """Looks at the store again and again.

    It remembers between rounds only what saves requests: another process goes on from the store.

    Parameters
    ----------
    store : Store
    book : OutcomeBook
        What was taken in so far.
    scratch : Path
        A folder of its own, for the champion's bundle.
    window_units : int
        Units of a window of drift.

    Raises
    ------
    ConfigError
        If a window of so few units would tell nothing.
    """

    def __init__(
        self, store: Store, book: OutcomeBook, *, scratch: Path, window_units: int = WINDOW_UNITS
    ) -> None:
        require_window(window_units)
        self._store, self._window_units = store, window_units
        self._champions = Champions(store)
        self._at_hand = BundleAtHand(store, scratch)
        self._rolling = Rolling(store)
        self._performance = Performance(store, self._rolling, book)
        self._watch: DriftWatch | None = None
        self._reign: Reign | None = None
        self._all_listed_at: datetime | None = None
        self.cycles = Cycles()

    def run(self, now: datetime) -> Seen:
        """Read what is new, judge it, write down what must not be lost.

        Raises
        ------
        SecomError
            If the store is away, or what lies there is damaged; the next round begins where the
            last good one ended.
        """
        try:
            seen = self._run(now)
        except SecomError:
            self.cycles.failed()
            raise
        self.cycles.done(now)
        return seen

    def _run(self, now: datetime) -> Seen:
        champion = self._champions.look()
        bundle = self._at_hand.get(champion.digest) if champion else None
        found = self._watched(bundle, now) if bundle else Seen(at=now)
        live, outcomes = self._performance.look(bundle.digest if bundle else None)
        return replace(
            found,
            champion=champion,
            changes=self._champions.changes,
            live=live,
            outcomes=outcomes,
        )

    def _watched(self, bundle: Bundle, now: datetime) -> Seen:
        watch = self._watch_over(bundle, now)
        watch.load()
        self._read_new(watch, now)
        watch.save(now)
        self._rolling.fill(min(now, watch.state.consumed.newest or now), most=MAX_OBJECTS)
        return Seen(
            at=now,
            promised=_promised(bundle),
            sensors=bundle.contract.sensors,
            window=watch.state.windows[-1] if watch.state.windows else None,
            drift=watch.verdict(),
            n_set_aside=len(watch.state.set_aside),
        )

    def _watch_over(self, bundle: Bundle, now: datetime) -> DriftWatch:
        """Return the watch over the champion; a bundle that is champion again is watched anew."""
        reign = self._champions.reigns[-1]
        if self._watch is None or self._reign != reign:
            since = oldest_day(now, reign.began_at)
            self._watch = DriftWatch(
                self._store, bundle, since=since, window_units=self._window_units
            )
            self._reign, self._all_listed_at = reign, None
        return self._watch

    def _read_new(self, watch: DriftWatch, now: datetime) -> None:
        listed = self._listed(watch, now)
        readers: tuple[DriftWatch | Rolling, ...] = (watch, self._rolling)
        wanted = {reader: frozenset(reader.wanted(listed)) for reader in readers}
        segments = sorted(frozenset().union(*wanted.values()))
        n_units = n_unsaved = 0
        for number, segment in enumerate(segments):
            if number == MAX_OBJECTS or n_units >= MAX_UNITS:
                self._all_listed_at = None  # for those that were not reached
                return
            records = read_object(self._store, segment.key)
            for reader in readers:
                if segment in wanted[reader]:
                    reader.take(segment, records)
            n_units, n_unsaved = (n + len(records or ()) for n in (n_units, n_unsaved))
            if n_unsaved >= SAVE_UNITS:
                watch.save(now)
                n_unsaved = 0

    def _listed(self, watch: DriftWatch, now: datetime) -> tuple[Segment, ...]:
        """List the newest objects, and every few minutes all that may still come."""
        newest = watch.state.consumed.newest
        since = self._all_listed_at
        if newest and since and abs(now - since) < _LIST_ALL_EVERY:
            return find_segments(self._store, since=near(now, newest))
        self._all_listed_at = now
        return find_segments(self._store, since=watch.state.since)


def _promised(bundle: Bundle) -> Figure | None:
    found = bundle.card.figures.get("auc")
    return Figure(*found) if found else None
