"""Why a line is no unit."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import pyarrow as pa
from pyarrow import csv as arrow_csv

from serving.predictor.batch.dialects import NOT_MEASURED, Dialect
from serving.predictor.batch.rows import UNIT_ID, Reject

_SHOWN = 40
_NUMBER = arrow_csv.ConvertOptions(column_types={"n": pa.float64()}, null_values=NOT_MEASURED)
_ONE_FIELD = arrow_csv.ParseOptions(delimiter="\x1f", quote_char=False)


class Fault(NamedTuple):
    """What is wrong with a line: its kind, and in words."""

    kind: str
    reason: str


UNREADABLE = Fault(
    "unreadable line",
    "the line cannot be read as one unit: is there a stray quote or carriage return in it?",
)


def fault_of(text: bytes, dialect: Dialect) -> Fault | None:
    """Say why a line is no unit, or None if nothing seems wrong with it."""
    if not text.strip():
        return Fault("empty line", "the line is empty; expected one unit per line.")
    if dialect.has_quotes and text.count(b'"') % 2:
        reason = "a quote is not closed on the line; expected one unit per line."
        return Fault("open quote", reason)
    fields, expected = _fields(text, dialect), len(dialect.names)
    if len(fields) != expected:
        kind = "too few fields" if len(fields) < expected else "too many fields"
        return Fault(kind, f"the line holds {len(fields)} fields; expected {expected}.")
    for place in dialect.kept:
        if not _is_text(fields[place]):
            return Fault("not UTF-8", f"{dialect.names[place]} is not UTF-8; expected UTF-8 text.")
    readings = [fields[place] for place in dialect.places]
    return None if _are_numbers(readings) else _number_fault(readings, dialect)


def reject(text: bytes, line: int, fault: Fault, dialect: Dialect) -> Reject:
    """Put a line aside."""
    fields = _fields(text, dialect)
    place = dialect.names.index(UNIT_ID) if UNIT_ID in dialect.names else len(fields)
    name = fields[place] if place < len(fields) and _is_text(fields[place]) else ""
    return Reject(line=line, unit_id=name, fault=fault.kind, reason=fault.reason)


def _fields(text: bytes, dialect: Dialect) -> Sequence[str]:
    line = text.decode(errors="surrogateescape").rstrip("\r")
    if dialect.has_quotes and '"' in line:
        with suppress(csv.Error):
            return next(csv.reader([line]))
    return line.split(dialect.delimiter)


def _is_text(field: str) -> bool:
    try:
        field.encode()
    except UnicodeEncodeError:  # a byte that was escaped because it is not UTF-8
        return False
    return True


def _are_numbers(readings: Sequence[str]) -> bool:
    """Whether all are, by a quick look that some good lines do not pass."""
    try:
        for reading in readings:
            if reading:
                float(reading)
    except ValueError:
        return False
    # Python knows more numbers than Arrow does: 1_000, and other alphabets' digits.
    together = "".join(readings)
    return together.isascii() and "_" not in together


def _number_fault(readings: Sequence[str], dialect: Dialect) -> Fault | None:
    for place, reading in zip(dialect.places, readings, strict=True):
        if not _are_numbers([reading]) and not _is_number(reading):
            shown = reading if len(reading) <= _SHOWN else reading[:_SHOWN] + "…"
            shown = shown.encode(errors="replace").decode()
            return Fault(
                "not a number",
                f"{dialect.names[place]} reads {shown!r}; expected a finite number, or NaN for one "
                "not measured.",
            )
    return None


def _is_number(reading: str) -> bool:
    """Whether Arrow reads it as one, which decides."""
    block = pa.BufferReader(reading.encode(errors="surrogateescape") + b"\n")
    names = arrow_csv.ReadOptions(column_names=["n"], use_threads=False)
    try:
        return len(arrow_csv.read_csv(block, names, _ONE_FIELD, _NUMBER)) == 1
    except pa.ArrowInvalid:
        return False
