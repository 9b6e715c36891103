"""Segments: files of frames, each written by one server and then shipped as a whole."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from secom_core.record import began_at

SUFFIX = ".log"
_N_TRIES = 5
STEP_BYTES = 2**17
"""A segment is made longer by so much at a time."""
_ZEROS = bytes(STEP_BYTES)


class OpenSegment:
    """A segment that grows, locked by its writer.

    Parameters
    ----------
    new_path : callable
        Gives the path of a file that is not there, another one each time.
    first : bytes
        Its first frame, behind which units are appended.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, new_path: Callable[[], Path], first: bytes) -> None:
        self._path, self._file = _locked_file(new_path)
        self._n_empty = len(first)
        self.n_bytes = 0
        """Bytes of frames."""
        self.n_made = 0
        """Bytes of the file, zeros at its end among them."""
        try:
            self.append(first)
        except OSError:
            self.close()
            raise

    def append(self, frame: bytes) -> None:
        """Write a frame behind the others.

        One call hands it to the operating system: what that has taken outlives this process.

        Raises
        ------
        OSError
            If it does not fit or cannot be written. Close the segment then.
        """
        end = self.n_bytes + len(frame)
        if end > self.n_made:
            self._make_longer(end)
        n_written = os.pwrite(self._file, frame, self.n_bytes)
        if n_written < len(frame):
            raise _broken_off(n_written, len(frame))
        self.n_bytes = end

    def _make_longer(self, end: int) -> None:
        """Write zeros behind what there is: to overwrite them takes less than to append."""
        while end > self.n_made:
            n_written = os.pwrite(self._file, _ZEROS, self.n_made)
            if n_written < len(_ZEROS):
                raise _broken_off(n_written, len(_ZEROS))
            self.n_made += n_written

    def close(self) -> None:
        """Leave it to whoever ships; what is not wholly written is cut off where possible."""
        with suppress(OSError):
            os.ftruncate(self._file, self.n_bytes)
            if self.n_bytes <= self._n_empty:
                self._path.unlink()
        os.close(self._file)


def _broken_off(n_written: int, n_bytes: int) -> OSError:
    return OSError(f"{n_written} of {n_bytes} bytes were written")


def _locked_file(new_path: Callable[[], Path]) -> tuple[Path, int]:
    for _ in range(_N_TRIES):
        path = new_path()
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        # Before this line, a shipper takes the file for one that a dead server left empty.
        if _lock(file, fcntl.LOCK_EX) and os.fstat(file).st_nlink:
            return path, file
        os.close(file)
    message = f"each of {_N_TRIES} new files was taken away at once"
    raise OSError(message)


def segments_in(folder: Path) -> list[Path]:
    """Return all segments, the oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if began_at(path.name))


@contextmanager
def held(path: Path) -> Iterator[IO[bytes] | None]:
    """Keep a segment from everybody else who ships; None if it is written, shipped or gone."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        is_ours = _lock(file.fileno(), fcntl.LOCK_EX) and os.fstat(file.fileno()).st_nlink
        yield file if is_ours else None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be one of those who write to a folder."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(place, fcntl.LOCK_SH)
        yield
    finally:
        os.close(place)


def has_writer(folder: Path) -> bool:
    """Whether a living process writes to a folder, or is about to."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return not _lock(place, fcntl.LOCK_EX)
    finally:
        os.close(place)


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
