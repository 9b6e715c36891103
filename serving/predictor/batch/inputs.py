"""The files that a batch is made of, on disk or in the object store."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import urlsplit

import pyarrow as pa

from secom_core.errors import SourceError

if TYPE_CHECKING:
    from secom_core.store import Found, Store

SUFFIXES = (".parquet", ".csv", ".data")
_LABELS = "secom_labels.data"
_READ_BYTES = 4 * 2**20
"""A request takes as long as some megabytes do."""
_EXPECTED = (
    f"Expected a file, or a folder with files that end in {', '.join(SUFFIXES)}; local or "
    "s3://bucket/key."
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a batch reads.

    Parameters
    ----------
    files : tuple of InputFile
        Sorted by name.
    set_aside : tuple of str
        What else lies in the folder and is not read.
    """

    files: tuple[InputFile, ...]
    set_aside: tuple[str, ...] = ()


def find_inputs(source: str, open_bucket: Callable[[str], Store]) -> Inputs:
    """Find the files to read.

    Parameters
    ----------
    source : str
        A file or folder, or `s3://bucket/key` of an object or of what lies under it.
    open_bucket : callable
        Gives the bucket of a name: `secom_core.store.bucket_opener`.

    Raises
    ------
    SourceError
        If there is nothing to read.
    StoreError
        If the object store is away or refuses.
    """
    if source.startswith("s3://"):
        parts = urlsplit(source)
        found = _stored(open_bucket(parts.netloc), parts.path.strip("/"))
    else:
        found = _local(Path(source).expanduser())
    if not found.files:
        message = f"{source} holds nothing to score. {_EXPECTED}"
        raise SourceError(message)
    return found


def _local(path: Path) -> Inputs:
    try:
        if not path.is_dir():
            return Inputs(files=(_local_file(path),))
        paths = sorted(each for each in path.iterdir() if each.is_file())
        return Inputs(
            files=tuple(_local_file(each) for each in paths if _is_input(each.name)),
            set_aside=tuple(each.name for each in paths if not _is_input(each.name)),
        )
    except OSError as exc:
        message = f"cannot read {path}: {exc.strerror}. {_EXPECTED}"
        raise SourceError(message) from exc


def _local_file(path: Path) -> LocalFile:
    with path.open("rb") as file:  # what cannot be opened is known before anything is scored
        file.read(1)
    about = path.stat()
    return LocalFile(path, about.st_size, str(about.st_mtime_ns))


def _stored(store: Store, key: str) -> Inputs:
    everything = store.find(key)
    for found in everything:
        if found.key == key:
            return Inputs(files=(StoredFile(store, found, PurePosixPath(key).name),))
    prefix = f"{key}/" if key else ""
    inside = {
        found.key.removeprefix(prefix): found
        for found in everything
        if found.key.startswith(prefix) and "/" not in found.key.removeprefix(prefix)
    }
    return Inputs(
        files=tuple(
            StoredFile(store, found, name) for name, found in inside.items() if _is_input(name)
        ),
        set_aside=tuple(name for name in inside if not _is_input(name)),
    )


def _is_input(name: str) -> bool:
    return name.endswith(SUFFIXES) and name != _LABELS and not name.startswith((".", "_"))


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
