"""A file to read units from, on disk or in the object store."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from secom_core.store import Found, Store

_READ_BYTES = 4 * 2**20
"""A request takes as long as some megabytes do."""


class InputFile(Protocol):
    """A file to read units from."""

    @property
    def name(self) -> str:
        """Name inside the folder that the user named."""
        ...

    @property
    def n_bytes(self) -> int:
        """Length."""
        ...

    @property
    def version(self) -> str:
        """Changes when the file is written again."""
        ...

    def open(self) -> BinaryIO:
        """Open it to read bytes at any place."""
        ...

    def open_arrow(self) -> pa.NativeFile:
        """Open it as Arrow reads it."""
        ...


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on disk."""

    path: Path
    n_bytes: int
    version: str

    @property
    def name(self) -> str:
        """Name without folder."""
        return self.path.name

    def open(self) -> BinaryIO:
        """Open it to read bytes at any place."""
        return self.path.open("rb")

    def open_arrow(self) -> pa.NativeFile:
        """Open it as Arrow reads it, without a Python object between."""
        return pa.OSFile(str(self.path))


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object in the store; parts of it are fetched as they are read."""

    store: Store
    found: Found
    name: str

    @property
    def n_bytes(self) -> int:
        """Length."""
        return self.found.n_bytes

    @property
    def version(self) -> str:
        """The store's tag."""
        return self.found.etag

    def open(self) -> BinaryIO:
        """Open it to read bytes at any place, some megabytes ahead."""
        return io.BufferedReader(_Ranges(self.store, self.found), _READ_BYTES)

    def open_arrow(self) -> pa.NativeFile:
        """Open it as Arrow reads it, the same megabytes ahead."""
        return pa.PythonFile(self.open(), mode="r")


class _Ranges(io.RawIOBase):
    """An object as a file: each read fetches what it asks for."""

    def __init__(self, store: Store, found: Found) -> None:
        self._store, self._found, self._place = store, found, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._found.n_bytes}
        self._place = base[whence] + offset
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        rest = max(0, self._found.n_bytes - self._place)
        length = rest if size is None or size < 0 else min(size, rest)
        if not length:
            return b""
        data = self._store.get_range(self._found, self._place, length)
        self._place += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
