"""One monitor at a time: an object in the store that its holder renews.

Clocks of two machines are never compared: whoever waits looks whether the object changes for as
long as it is valid, by a monotonic clock of its own, so that no clock that is set can make two
holders. What must be known of the time of day comes from the store, too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from secom_core.errors import ConflictError, ObjectNotFoundError, StoreError
from secom_core.store import Store, documents

KEY = "monitor/lease.json"
VALID_SECONDS = 15.0
"""A holder that falls silent keeps others out for so long."""
RENEWAL_SECONDS = 3.0
# A holder gives up before others may take over, so that two never act at once.
_MARGIN_SECONDS = 3.0


class Lease:
    """The right to act, in turns of a thread that calls `renew`; any thread may ask `is_held`.

    Parameters
    ----------
    store : Store
    holder : str
        Nobody else's name while this process lives; one that is started in its place may have the
        same, and need not wait then.
    clock : callable
        Seconds, monotonic.
    """

    def __init__(self, store: Store, *, holder: str, clock: Callable[[], float]) -> None:
        self._store, self._holder, self._clock = store, holder, clock
        self._etag: str | None = None
        self._seen_at = float("-inf")
        self._is_seen = False
        self._valid_until = float("-inf")
        self._store_time: tuple[datetime, float] | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process may act: nobody else does, and the store was there lately."""
        return self._clock() < self._valid_until

    def now(self) -> datetime:
        """Return the time of day by the store's clock.

        Raises
        ------
        StoreError
            If the lease has never been held, and the store's time is not known.
        """
        if self._store_time is None:
            message = "the store's time is not known before the lease is held. Try again."
            raise StoreError(message)
        told, at = self._store_time
        return told + timedelta(seconds=self._clock() - at)

    def renew(self) -> None:
        """Hold it for longer, or take it if nobody does.

        Raises
        ------
        StoreError
            If the store is away or refuses; a lease that is held runs out by itself then.
        """
        try:
            if self.is_held:
                self._write()
            else:
                self._take_if_free()
        except ConflictError:  # another one's write, or our own whose answer was lost
            self._valid_until = float("-inf")
            self._take_if_free()

    def release(self) -> None:
        """Let others in at once.

        Raises
        ------
        StoreError
            If the store is away: then they wait until it has run out.
        """
        if self.is_held:
            self._valid_until = float("-inf")
            self._store.put_if(KEY, self._content(""), etag=self._etag)

    def _take_if_free(self) -> None:
        holder, etag = self._read()
        if not self._is_seen or etag != self._etag:
            self._is_seen, self._etag, self._seen_at = True, etag, self._clock()
        is_silent = self._clock() - self._seen_at >= VALID_SECONDS
        if holder in {"", self._holder} or is_silent:
            try:
                self._write()
            except ConflictError:  # somebody was faster
                self._is_seen = False

    def _write(self) -> None:
        # From before the write: others wait from when they see it.
        began = self._clock()
        self._etag = self._store.put_if(KEY, self._content(self._holder), etag=self._etag)
        # The time first: whoever sees that the lease is held may ask for it.
        for found in self._store.find(KEY):
            self._store_time = (found.written_at, began)
        self._valid_until = began + VALID_SECONDS - _MARGIN_SECONDS

    def _content(self, holder: str) -> bytes:
        # What it replaces is part of it: no two renewals look alike to whoever waits.
        return documents.to_bytes({"holder": holder, "replaces": self._etag})

    def _read(self) -> tuple[str, str | None]:
        """Return who holds it, and the tag; what cannot be read is somebody's that may be alive."""
        try:
            content, etag = self._store.get_with_etag(KEY)
        except ObjectNotFoundError:
            return "", None
        try:
            return str(documents.from_bytes(content)["holder"]), etag
        except (KeyError, TypeError, ValueError):
            return "?", etag
