"""Where a job leaves its results: a folder, or a prefix in the object store."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from secom_core.errors import ConfigError

if TYPE_CHECKING:
    from secom_core.store import Store

_LOCK = ".lock"


class Place(Protocol):
    """Where a job leaves its results; a file appears whole or not at all."""

    @property
    def address(self) -> str:
        """For people to read."""
        ...

    def names(self) -> frozenset[str]:
        """Return the files that are there, with `/` between folder and name."""
        ...

    def read(self, name: str) -> bytes:
        """Return a file."""
        ...

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file, whatever was there."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other process out that asks for the same, where the place can do that."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on disk."""

    path: Path

    @property
    def address(self) -> str:
        """The path."""
        return str(self.path)

    def names(self) -> frozenset[str]:
        """Return the files that are there, but for hidden ones."""
        with _explained(self.path):
            files = (each.relative_to(self.path) for each in self.path.rglob("*") if each.is_file())
            return frozenset(str(each) for each in files if not each.name.startswith("."))

    def read(self, name: str) -> bytes:
        """Return a file."""
        with _explained(self.path):
            return (self.path / name).read_bytes()

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file under another name first, which a later try uses again."""
        path = self.path / name
        unfinished = path.with_name(f".{path.name}.unfinished")
        with _explained(self.path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.writelines(chunks)
            unfinished.replace(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process of this machine out.

        Raises
        ------
        ConfigError
            If another one is in, or the folder cannot be made.
        """
        with _explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / _LOCK).open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                message = f"another process is writing to {self.path}: wait for it."
                raise ConfigError(message) from exc
            yield


@dataclass(frozen=True, slots=True)
class Prefix:
    """What lies under a key in the object store."""

    store: Store
    key: str

    @property
    def address(self) -> str:
        """As `s3://bucket/key`."""
        return self.store.address(self.key).rstrip("/")

    def names(self) -> frozenset[str]:
        """Return the objects that are there."""
        return frozenset(key.removeprefix(self.key) for key in self.store.list(self.key))

    def read(self, name: str) -> bytes:
        """Return an object."""
        return self.store.get(self.key + name)

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write an object."""
        self.store.put(self.key + name, b"".join(chunks))

    def locked(self) -> AbstractContextManager[None]:
        """Keep nobody out: two who do the same job write the same objects."""
        return nullcontext()


def open_place(address: str, open_bucket: Callable[[str], Store]) -> Place:
    """Return the place at a folder or `s3://bucket/prefix`; nothing is made yet.

    Raises
    ------
    ConfigError
        If the address is none, or a setting of the object store is missing.
    """
    if not address.startswith("s3://"):
        return Folder(Path(address).expanduser())
    parts = urlsplit(address)
    key = parts.path.strip("/")
    if not key:
        message = f"an output in the object store is s3://bucket/prefix, got {address!r}."
        raise ConfigError(message)
    return Prefix(open_bucket(parts.netloc), f"{key}/")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        message = (
            f"cannot write or read in {path}: {exc.strerror}. What is finished stays; mend it and "
            "call the same command again, or choose another --output."
        )
        raise ConfigError(message) from exc
