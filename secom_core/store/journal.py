"""An append-only log in the object store: numbered objects, each created once, never replaced.

Who appends says what it has read; of two who have read the same, the store lets one create the
next number, and the other reads again and decides anew. That needs no lease and no lock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from secom_core.errors import StoreError
from secom_core.store.client import Found, Store

_NAME = re.compile(r"([0-9]{9})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was appended.

    Parameters
    ----------
    number : int
        Counted from 1, without gaps.
    content : bytes
    written_at : datetime
        UTC, by the store's clock.
    """

    number: int
    content: bytes
    written_at: datetime


class Journal:
    """An append-only log that any number of processes may write to.

    An entry is an object, and reading one is a request: append what came together as one entry.

    Parameters
    ----------
    store : Store
    folder : str
        Of this journal alone, with a slash at the end.
    """

    __slots__ = ("_folder", "_store")

    def __init__(self, store: Store, folder: str) -> None:
        self._store, self._folder = store, folder

    def read(self, *, after: int = 0) -> tuple[Entry, ...]:
        """Return the entries behind number `after`, in order.

        Raises
        ------
        StoreError
            If the store is away or refuses, an entry is gone, or something else lies there.
        """
        found = self._found(after)
        if _gap(found, after) is not None:
            # An entry that came while they were listed may be missing from among later ones.
            found = self._found(after)
        if (missing := _gap(found, after)) is not None:
            message = (
                f"{self._store.address(self._key(missing))} is gone, and later entries are there. "
                "Restore it from a backup of the store."
            )
            raise StoreError(message)
        return tuple(
            Entry(
                number=number,
                content=self._store.get(each.key),
                written_at=each.written_at,
            )
            for number, each in found.items()
        )

    def append(self, content: bytes, *, after: int) -> int:
        """Write the entry behind number `after`, which is the last one that the caller has read.

        Returns
        -------
        int
            The entry's number.

        Raises
        ------
        ConflictError
            If somebody has appended since. Read what came, and decide anew.
        StoreError
            If the store is away, refuses or is full. When the answer was lost, the entry may have
            been written: read before appending it again.
        """
        number = after + 1
        self._store.put_if(self._key(number), content, etag=None)
        return number

    def _key(self, number: int) -> str:
        return f"{self._folder}{number:09d}.json"

    def _found(self, after: int) -> dict[int, Found]:
        found = self._store.find(self._folder, after=self._key(after))
        return {self._number(each.key): each for each in found}

    def _number(self, key: str) -> int:
        name = _NAME.fullmatch(key.removeprefix(self._folder))
        if name is None:
            message = (
                f"{self._store.address(key)} is no entry of this journal; expected nine digits and "
                ".json. Find out who put it there, and remove it."
            )
            raise StoreError(message)
        return int(name[1])


def _gap(found: dict[int, Found], after: int) -> int | None:
    """Return the first number that is missing, None if none is."""
    expected = range(after + 1, after + 1 + len(found))
    return next((number for number in expected if number not in found), None)
