"""Frames: pieces of a file that are read whole or not at all.

Before each piece stand its length, the length's complement and a checksum, behind it a mark that
is not 0. What a file has not been given yet is 0: a process that is killed while it writes leaves
its last frame cut off, with nothing or zeros behind. Anything else that is no frame is damage.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from zlib import crc32

_HEAD = struct.Struct("<III")
_ONES = 0xFFFFFFFF
_MARK = b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """What a file holds.

    Parameters
    ----------
    pieces : list of memoryview
        In the order in which they were written.
    n_spare : int
        Bytes behind them that are no frame, but for zeros at the end.
    is_damaged : bool
        Whether those are more than the beginning of a frame.
    """

    pieces: list[memoryview]
    n_spare: int
    is_damaged: bool


def to_frame(piece: bytes) -> bytes:
    """Return a piece of less than 4 GiB as a frame."""
    length = len(piece)
    return b"".join((_HEAD.pack(length, length ^ _ONES, crc32(piece)), piece, _MARK))


def read_frames(content: bytes) -> Frames:
    """Return the pieces that lie before whatever is no frame.

    Examples
    --------
    >>> found = read_frames(to_frame(b"one") + to_frame(b"two")[:-2] + bytes(100))
    >>> [bytes(piece) for piece in found.pieces], found.n_spare, found.is_damaged
    ([b'one'], 14, False)
    """
    view, at, pieces = memoryview(content), 0, []
    end = len(content.rstrip(b"\0"))
    is_damaged = False
    while at < end:
        begin = at + _HEAD.size
        if end < begin:
            break
        length, complement, checksum = _HEAD.unpack_from(view, at)
        piece = view[begin : begin + length]
        if complement == length ^ _ONES and len(piece) == length and crc32(piece) == checksum:
            pieces.append(piece)
            at = begin + length + len(_MARK)
            continue
        is_damaged = complement != length ^ _ONES or end > begin + length
        break
    return Frames(pieces=pieces, n_spare=max(end - at, 0), is_damaged=is_damaged)
