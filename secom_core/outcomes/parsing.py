"""Outcomes as a laboratory sends them: all of a delivery can be used, or none is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from secom_core.errors import OutcomeError
from secom_core.outcomes.outcome import FIELDS, Outcome, shown

_MAX_LINE_CHARACTERS = 4096
"""An id of 256 characters, each escaped, takes half of that."""


def parse_json_lines(content: bytes) -> tuple[Outcome, ...]:
    r"""Parse one outcome a line, each a JSON object; empty lines are passed over.

    Parameters
    ----------
    content : bytes
        UTF-8.

    Raises
    ------
    OutcomeError
        If there is none, or a line is not an outcome: names the first one, counted from 1, the
        value and what was expected.

    Examples
    --------
    >>> line = b'{"unit_id": "w7", "result": "fail", "found_at": "2008-10-17T06:00:00Z"}\n'
    >>> parse_json_lines(line)[0].is_fail
    True
    """
    # Unlike str.splitlines: JSON may hold U+2028, which ends a line there.
    lines = enumerate(_decoded(content).split("\n"), start=1)
    return _outcomes((number, _object(number, line)) for number, line in lines if line.strip())


def parse_csv(content: bytes) -> tuple[Outcome, ...]:
    r"""Parse a table with the columns `unit_id,result,found_at`, named in its first line.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without a byte order mark; quoted as RFC 4180 has it.

    Raises
    ------
    OutcomeError
        As `parse_json_lines`.

    Examples
    --------
    >>> parse_csv(b"unit_id,result,found_at\nw7,pass,2008-10-17T06:00:00Z\n")[0].is_fail
    False
    """
    return _outcomes(_rows(_decoded(content)))


def _outcomes(numbered: Iterable[tuple[int, dict[str, Any]]]) -> tuple[Outcome, ...]:
    outcomes = []
    for number, fields in numbered:
        try:
            outcomes.append(Outcome.from_json(fields))
        except OutcomeError as exc:
            raise _error(number, str(exc)) from exc
    if not outcomes:
        message = "there are no outcomes in it; expected at least one."
        raise OutcomeError(message)
    return tuple(outcomes)


def _object(number: int, line: str) -> dict[str, Any]:
    _require_short(number, line)
    try:
        value = json.loads(line, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as exc:
        message = f"expected a JSON object with {', '.join(FIELDS)}, got {shown(line)}."
        raise _error(number, message) from exc
    if not isinstance(value, dict):
        message = f"expected a JSON object with {', '.join(FIELDS)}, got {shown(value)}."
        raise _error(number, message)
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a field that is there twice, for nobody knows which of the two is meant."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        message = "a field is there twice"
        raise ValueError(message)
    return fields


def _rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = None
    try:
        for row in reader:
            number = reader.line_num
            if header is None:
                header = _header(number, row)
            elif row:
                yield number, _fields(number, row)
    except csv.Error as exc:
        raise _error(reader.line_num, f"it is no line of a CSV file: {exc}.") from exc


def _header(number: int, row: list[str]) -> list[str]:
    if row != list(FIELDS):
        message = f"expected the header {','.join(FIELDS)}, got {shown(','.join(row))}."
        raise _error(number, message)
    return row


def _fields(number: int, row: list[str]) -> dict[str, Any]:
    if len(row) != len(FIELDS):
        message = f"expected {len(FIELDS)} values, got {len(row)}: {shown(','.join(row))}."
        raise _error(number, message)
    return dict(zip(FIELDS, row, strict=True))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        number = content.count(b"\n", 0, exc.start) + 1
        raise _error(number, f"it is not UTF-8: {shown(exc.object[exc.start : exc.end])}.") from exc


def _require_short(number: int, line: str) -> None:
    if len(line) > _MAX_LINE_CHARACTERS:
        message = f"expected at most {_MAX_LINE_CHARACTERS} characters, got {len(line)}."
        raise _error(number, message)


def _error(number: int, message: str) -> OutcomeError:
    return OutcomeError(f"line {number}: {message} Nothing of this delivery was taken in.")
