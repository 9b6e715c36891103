"""What a request leaves in a segment: raw arrays, which cost the server next to nothing."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from secom_core.bundle import Verdicts
from secom_core.errors import RecordError
from secom_core.record import Records, concatenate
from serving.predictor.recording.frames import to_frame

_FORMAT = "secom.log/1"
_HEAD = struct.Struct("<qQII?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all entries of a segment have in common: its first frame.

    Parameters
    ----------
    writer : str
        Another one for each start of a server.
    bundle : str
        Digest of the bundle that judged.
    sensors : tuple of str
        Names of the readings.
    audit_share : float
        Probability with which an unflagged unit was marked for audit.
    """

    writer: str
    bundle: str
    sensors: tuple[str, ...]
    audit_share: float

    def to_frame(self) -> bytes:
        """Write it down."""
        fields = {
            "format": _FORMAT,
            "writer": self.writer,
            "bundle": self.bundle,
            "audit_share": self.audit_share,
            "sensors": self.sensors,
        }
        return to_frame(orjson.dumps(fields))

    @classmethod
    def from_piece(cls, piece: memoryview) -> Origin:
        """Read what lies in a frame that `to_frame` made.

        Raises
        ------
        RecordError
            If it is something else, or of another version.
        """
        try:
            fields = orjson.loads(piece)
            if fields["format"] != _FORMAT:
                message = f"expected a segment in the form {_FORMAT}, got {fields['format']}."
                raise RecordError(message)
            return cls(
                writer=str(fields["writer"]),
                bundle=str(fields["bundle"]),
                sensors=tuple(map(str, fields["sensors"])),
                audit_share=float(fields["audit_share"]),
            )
        except (ValueError, TypeError, KeyError) as exc:
            message = f"expected a segment's first frame to say what it holds, got {exc!r}."
            raise RecordError(message) from exc


def to_entry(
    verdicts: Verdicts,
    readings: np.ndarray,
    audited: np.ndarray,
    *,
    number: int,
    scored_at: int,
    request_id: str,
    unit_ids: Sequence[str],
    measured_at: np.ndarray | None,
) -> bytes:
    """Return the frame of some units of one request.

    Parameters
    ----------
    verdicts : Verdicts
    readings : ndarray of shape (n_units, n_sensors), float64, C order
    audited : ndarray of shape (n_units,), bool
    number : int
        Unique among the writer's entries.
    scored_at : int
        UTC in microseconds since 1970.
    request_id : str
    unit_ids : sequence of str
        As many as there are units.
    measured_at : ndarray of shape (n_units,), datetime64[s], or None
        None if the client sent no times.
    """
    texts = orjson.dumps([request_id, *unit_ids])
    times = b"" if measured_at is None else measured_at.tobytes()
    head = _HEAD.pack(scored_at, number, len(unit_ids), len(texts), measured_at is not None)
    numbers = (verdicts.risk.data, verdicts.flagged.data, audited.data, readings.data)
    return to_frame(b"".join((head, texts, times, *numbers)))


def to_records(pieces: Sequence[memoryview], origin: Origin) -> Records:
    """Return the units of a segment's entries, in their order.

    Parameters
    ----------
    pieces : sequence of memoryview
        Frames of a segment behind its first one.
    origin : Origin
        Of that first one.

    Raises
    ------
    RecordError
        If a piece is no entry.
    """
    try:
        return concatenate([_records(piece, origin) for piece in pieces])
    except (struct.error, ValueError) as exc:
        message = f"expected the entry of a request, got something that reads otherwise: {exc}."
        raise RecordError(message) from exc


def _records(piece: memoryview, origin: Origin) -> Records:
    scored_at, number, n_units, n_text_bytes, has_times = _HEAD.unpack_from(piece)
    begin = _HEAD.size + n_text_bytes
    request_id, *unit_ids = orjson.loads(piece[_HEAD.size : begin])
    numbers = _Numbers(piece, at=begin)
    n_sensors = len(origin.sensors)
    return Records(
        record_id=_column([f"{origin.writer}-{number}.{unit}" for unit in range(n_units)]),
        scored_at=np.full(n_units, scored_at, dtype="datetime64[us]"),
        unit_id=_column(unit_ids),
        measured_at=numbers.take("<M8[s]", n_units) if has_times else _never(n_units),
        risk=numbers.take("<f8", n_units),
        flagged=numbers.take("?", n_units),
        audited=numbers.take("?", n_units),
        readings=numbers.take("<f8", n_units * n_sensors).reshape(n_units, n_sensors),
        audit_share=np.full(n_units, origin.audit_share),
        bundle=_column([origin.bundle] * n_units),
        request_id=_column([request_id] * n_units),
    )


class _Numbers:
    """Takes arrays off a piece from front to back."""

    def __init__(self, piece: memoryview, *, at: int) -> None:
        self._piece, self._at = piece, at

    def take(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self._piece, kind, count, self._at)
        self._at += found.nbytes
        return found


def _column(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype=object)


def _never(n: int) -> np.ndarray:
    return np.full(n, np.datetime64("NaT"), dtype="datetime64[s]")
