"""Raw tensors, as HTTP's binary extension and gRPC have them."""

from __future__ import annotations

import struct

import numpy as np

from serving.predictor.errors import RequestError
from serving.predictor.tensors import BOOLEAN, NUMBERS, TEXT, Tensor, quoted

_SIZE = struct.Struct("<I")


def from_bytes(name: str, datatype: str, raw: bytes) -> np.ndarray | list[str]:
    """Return the values of a raw tensor: little-endian numbers, or texts behind their lengths.

    Raises
    ------
    RequestError
        If the bytes do not divide into values, or a text is not UTF-8.
    """
    if datatype == TEXT:
        return _texts_from_bytes(name, raw)
    dtype = NUMBERS[datatype]
    if len(raw) % dtype.itemsize:
        message = (
            f"{quoted(name)} came as {len(raw)} bytes, which is no multiple of the "
            f"{dtype.itemsize} bytes of one {datatype}."
        )
        raise RequestError(message)
    return np.frombuffer(raw, dtype)


def _texts_from_bytes(name: str, raw: bytes) -> list[str]:
    texts = []
    at = 0
    try:
        while at < len(raw):
            (size,) = _SIZE.unpack_from(raw, at)
            at += 4 + size
            if at > len(raw):
                message = (
                    f"a text of {quoted(name)} is cut off: {at - len(raw)} byte(s) are missing."
                )
                raise RequestError(message)
            texts.append(raw[at - size : at].decode())
    except (struct.error, UnicodeDecodeError) as exc:
        message = f"{quoted(name)} is no list of UTF-8 texts, each behind its length in 4 bytes."
        raise RequestError(message) from exc
    return texts


def to_bytes(tensor: Tensor) -> bytes:
    """Return a tensor's values as the binary extension and gRPC have them."""
    if isinstance(tensor.values, np.ndarray):
        kind = "?" if tensor.datatype == BOOLEAN else NUMBERS[tensor.datatype]
        return tensor.values.astype(kind, copy=False).tobytes()
    texts = [text.encode() for text in tensor.values]
    return b"".join([part for text in texts for part in (_SIZE.pack(len(text)), text)])
