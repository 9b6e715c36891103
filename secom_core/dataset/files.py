"""The two files of SECOM, side by side in a folder, in a .zip or under any other roof."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from secom_core.dataset.labels import LABELS_FILE
from secom_core.dataset.readings import READINGS_FILE
from secom_core.dataset.uci import ADDRESS, KAGGLE_FILE, KAGGLE_HEADER, kaggle_error
from secom_core.errors import SourceError

FILES = (READINGS_FILE, LABELS_FILE)
_MAX_BYTES = 64 * 2**20  # UCI's larger file has 5 MB; an archive that unpacks to more is a trap
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # an unknown compression
    RuntimeError,  # a password is needed
)


def read_local(path: Path) -> dict[str, bytes]:
    """Return the content of both files by name from a folder or a .zip.

    Raises
    ------
    SourceError
        If there is nothing at `path`, it is neither folder nor .zip, or a file is not in it.
    FormatError
        If it is Kaggle's re-export.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        if zipfile.is_zipfile(path):
            return read_zip(path)
        with path.open("rb") as file:
            start = file.read(len(KAGGLE_HEADER))
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}. {_expected()}"
        raise SourceError(message) from error
    if start == KAGGLE_HEADER:
        raise kaggle_error(str(path))
    message = f"{path} is neither a folder nor a whole .zip. {_expected()}"
    raise SourceError(message)


def read_zip(path: Path) -> dict[str, bytes]:
    """Return the content of both files by name from a .zip, in whatever folder of it they lie.

    Raises
    ------
    SourceError
        If it is no .zip, damaged, encrypted or too large, or does not hold each file once.
    FormatError
        If it holds Kaggle's re-export instead.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            return read_both(
                lambda name: _read_member(archive, members, name),
                where=str(path),
                found=(member.filename for member in members),
            )
    except _ZIP_FAULTS as error:
        message = f"{path} is a damaged or encrypted .zip ({error}). {_expected()}"
        raise SourceError(message) from error
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}. {_expected()}"
        raise SourceError(message) from error


def read_both(
    read: Callable[[str], bytes | None], *, where: str, found: Iterable[str] = ()
) -> dict[str, bytes]:
    """Return the content of both files by name.

    Parameters
    ----------
    read : callable
        Gives the content of a file by its name, None if there is none.
    where : str
        What is being read, for people.
    found : iterable of str
        What is there, to help whoever looked in the wrong place.

    Raises
    ------
    SourceError
        If a file is missing.
    FormatError
        If Kaggle's re-export is there instead.
    """
    contents = {name: read(name) for name in FILES}
    both = {name: content for name, content in contents.items() if content is not None}
    if len(both) == len(FILES):
        return both
    if read(KAGGLE_FILE) is not None:
        raise kaggle_error(where)
    missing = " and ".join(name for name in FILES if name not in both)
    there = ", ".join(sorted(found)[:5]) or "nothing by these names"
    message = f"{where} lacks {missing}; it holds {there}. {_expected()}"
    raise SourceError(message)


def _read_folder(path: Path) -> dict[str, bytes]:
    def read(name: str) -> bytes | None:
        return (path / name).read_bytes() if (path / name).is_file() else None

    return read_both(read, where=str(path), found=(entry.name for entry in path.iterdir()))


def _read_member(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str
) -> bytes | None:
    named = [member for member in members if PurePosixPath(member.filename).name == name]
    if not named:
        return None
    if len(named) > 1:
        places = " and ".join(member.filename for member in named)
        message = f"{archive.filename} holds {name} more than once ({places}); expected one."
        raise SourceError(message)
    if named[0].file_size > _MAX_BYTES:
        message = (
            f"{name} in {archive.filename} would unpack to {named[0].file_size} bytes; expected at "
            f"most {_MAX_BYTES}."
        )
        raise SourceError(message)
    return archive.read(named[0])


def _expected() -> str:
    return (
        f"Expected a folder or a .zip that holds {READINGS_FILE} and {LABELS_FILE}, as {ADDRESS} "
        "serves them."
    )
