"""Where units come from; `load` is the only way in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from secom_core.dataset import uci
from secom_core.dataset.download import Progress, download, shown
from secom_core.dataset.files import read_both, read_local
from secom_core.dataset.parquet import UNITS_FILE, from_parquet, read_units
from secom_core.dataset.synthetic import twin
from secom_core.dataset.units import Units
from secom_core.errors import ObjectNotFoundError, SourceError

_SYNTHETIC = re.compile(r"synthetic(?::(.*))?", re.DOTALL)
_KINDS = "Expected a folder, a .zip, https://..., s3://bucket/prefix, synthetic or synthetic:SEED."


class Bucket(Protocol):
    """What `load` needs of an object store."""

    def get(self, key: str) -> bytes:
        """Return the object at `key`; `ObjectNotFoundError` if there is none."""
        ...


def load(
    source: str,
    *,
    cache: Path,
    open_bucket: Callable[[str], Bucket],
    progress: Progress | None = None,
) -> Units:
    """Load units from `source` and check them.

    Parameters
    ----------
    source : str
        A local folder or .zip with UCI's two files (`~` is expanded), an https address of UCI's
        archive (the content must be UCI's to the byte), `s3://bucket/prefix`, or `synthetic`,
        `synthetic:SEED`. A folder, here or in a bucket, may hold a snapshot instead of the two
        files: `units.parquet`, which says itself what it was made from.
    cache : Path
        Folder where a download is kept.
    open_bucket : callable
        Gives the bucket of a name: `secom_core.store.bucket_opener`.
    progress : callable, optional
        Called during a download with the bytes here and the bytes in all (0 if unknown).

    Returns
    -------
    Units
        In time order; `is_synthetic` is True for the twin alone, and what was made from it.

    Raises
    ------
    SourceError
        If the source is missing, unreachable or not what it claims to be.
    FormatError
        If a file breaks the SECOM format; says where.
    StoreError
        If the object store refuses or is away.
    """
    source = resolve(source)
    synthetic = _SYNTHETIC.fullmatch(source)
    if synthetic:
        return twin(seed=int(synthetic[1] or 0))
    scheme = urlsplit(source).scheme
    if scheme == "https":
        return uci.parse(download(source, cache, progress=progress), source=shown(source))
    if scheme == "s3":
        return _load_from_bucket(source, open_bucket)
    if (Path(source) / UNITS_FILE).is_file():
        return read_units(Path(source) / UNITS_FILE)
    return uci.parse(read_local(Path(source)), source=source)


def resolve(source: str) -> str:
    """Return `source` in a form that means the same in any working directory.

    Raises
    ------
    SourceError
        If it is of no known kind, or a local path where there is nothing.
    """
    synthetic = _SYNTHETIC.fullmatch(source)
    if synthetic:
        if synthetic[1] is not None and not re.fullmatch(r"[0-9]{1,18}", synthetic[1]):
            message = f"{source!r}: the seed must be a whole number of at least 0. {_KINDS}"
            raise SourceError(message)
        return source
    if "://" in source:
        return _checked_address(source)
    path = Path(source).expanduser().absolute()
    try:
        path.stat()
    except (OSError, ValueError) as error:
        message = f"cannot find data at {path}: {getattr(error, 'strerror', error)}. {_KINDS}"
        raise SourceError(message) from error
    return str(path)


def _checked_address(source: str) -> str:
    try:
        parts = urlsplit(source)
        is_complete = bool(parts.hostname)
    except ValueError as error:
        message = f"{source!r} is not an address: {error}. {_KINDS}"
        raise SourceError(message) from error
    if parts.scheme not in {"https", "s3"} or not is_complete:
        message = f"cannot load from {shown(source)}. {_KINDS}"
        raise SourceError(message)
    return source


def _load_from_bucket(source: str, open_bucket: Callable[[str], Bucket]) -> Units:
    parts = urlsplit(source)
    bucket = open_bucket(parts.netloc)
    prefix = parts.path.strip("/")

    def read(name: str) -> bytes | None:
        try:
            return bucket.get(f"{prefix}/{name}" if prefix else name)
        except ObjectNotFoundError:
            return None

    if (snapshot := read(UNITS_FILE)) is not None:
        return from_parquet(snapshot, where=f"{source.rstrip('/')}/{UNITS_FILE}")
    return uci.parse(read_both(read, where=source), source=source)
