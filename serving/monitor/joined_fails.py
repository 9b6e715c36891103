"""The fails that a prediction is known of: what a training can learn from, and never fewer."""

from __future__ import annotations

from collections.abc import Iterable

from secom_core.errors import ConflictError, ObjectNotFoundError, StoreError
from secom_core.store import Store, documents

KEY = "monitor/fails.json"

_MAX_TRIES = 5


class JoinedFails:
    """Names of the failed units that were found among the scored ones, in one document.

    Units go out of sight once enough others have been scored; what was found of them counts on.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._units: frozenset[str] = frozenset()
        self._etag: str | None = None
        self._is_read = False

    def __len__(self) -> int:
        return len(self._units)

    def add(self, found: Iterable[str]) -> None:
        """Write down those that are new; where none is, nothing is written.

        Raises
        ------
        StoreError
            If the store is away, refuses or is full, or the document is damaged.
        """
        more = frozenset(found)
        for _ in range(_MAX_TRIES):
            if not self._is_read:
                self._read()
            if more <= self._units:
                return
            self._is_read = False  # until the answer has come
            content = documents.to_bytes(sorted(self._units | more))
            try:
                self._etag = self._store.put_if(KEY, content, etag=self._etag)
            except ConflictError:
                continue
            self._units, self._is_read = self._units | more, True
            return
        message = (
            f"{self._store.address(KEY)} was written {_MAX_TRIES} times by others in the "
            "meantime. Let one monitor run, and try again."
        )
        raise ConflictError(message)

    def _read(self) -> None:
        try:
            content, etag = self._store.get_with_etag(KEY)
        except ObjectNotFoundError:
            self._units, self._etag, self._is_read = frozenset(), None, True
            return
        try:
            units = documents.from_bytes(content)
            self._units = frozenset(str(unit) for unit in units)
        except (TypeError, ValueError) as exc:
            message = (
                f"{self._store.address(KEY)} is no list of units ({exc}). Restore it from a "
                "backup of the store; deleted, it is made anew of the units scored last."
            )
            raise StoreError(message) from exc
        self._etag, self._is_read = etag, True
