"""The files that a batch is made of, on disk or in the object store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from secom_core.errors import SourceError
from serving.predictor.batch.files import InputFile, LocalFile, StoredFile

if TYPE_CHECKING:
    from secom_core.store import Store

SUFFIXES = (".parquet", ".csv", ".data")
_LABELS = "secom_labels.data"
_EXPECTED = (
    f"Expected a file, or a folder with files that end in {', '.join(SUFFIXES)}; local or "
    "s3://bucket/key."
)


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
