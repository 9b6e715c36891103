"""How a text file says which reading is whose."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from secom_core.errors import FormatError
from serving.predictor.batch.rows import PASSED_THROUGH

NOT_MEASURED = ("", "NaN", "nan", "NA", "null")
"""How a text file says so."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a text file says which reading is whose.

    Parameters
    ----------
    names : tuple of str
        What each field of a line is.
    places : tuple of int
        Which of them are the sensors, in the order of the contract.
    delimiter : str
        Between fields.
    has_quotes : bool
        Whether a field may stand in quotes.
    n_bytes_before, n_lines_before : int
        What stands before the first unit.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    delimiter: str
    has_quotes: bool
    n_bytes_before: int
    n_lines_before: int

    @property
    def passed_through(self) -> tuple[str, ...]:
        """What there is beside readings and is kept."""
        return tuple(name for name in PASSED_THROUGH if name in self.names)

    @property
    def kept(self) -> tuple[int, ...]:
        """Which fields these are."""
        return tuple(self.names.index(name) for name in self.passed_through)


def recognise(line: bytes, sensors: Sequence[str], file: str) -> Dialect:
    """Tell by the first line of a file how to read it.

    Parameters
    ----------
    line : bytes
        With its end.
    sensors : sequence of str
        Of the contract.
    file : str
        Its name, for people.

    Raises
    ------
    FormatError
        If it is neither a header with all sensors nor a unit of UCI's.
    """
    text = line.removeprefix(_BYTE_ORDER_MARK)
    try:
        first = text.decode().rstrip("\r\n")
    except UnicodeDecodeError as exc:
        message = f"{file} is neither Parquet nor UTF-8 text. Export it as one of them."
        raise FormatError(message) from exc
    if "\0" in first:
        message = f"{file} is neither Parquet nor text. Export it as one of them."
        raise FormatError(message)
    if not first:
        message = f"{file} begins with an empty line; expected {_expected(sensors)}."
        raise FormatError(message)
    fields = first.split(" ")
    if len(fields) == len(sensors) and all(map(_is_number, fields)):
        return Dialect(
            names=tuple(sensors),
            places=tuple(range(len(sensors))),
            delimiter=" ",
            has_quotes=False,
            n_bytes_before=len(line) - len(text),
            n_lines_before=0,
        )
    try:
        names = tuple(name.strip() for name in next(csv.reader([first])))
    except csv.Error as exc:
        message = f"line 1 of {file} is no header ({exc}); expected {_expected(sensors)}."
        raise FormatError(message) from exc
    _require_header(names, sensors, file)
    return Dialect(
        names=names,
        places=tuple(names.index(sensor) for sensor in sensors),
        delimiter=",",
        has_quotes=True,
        n_bytes_before=len(line),
        n_lines_before=1,
    )


def _require_header(names: Sequence[str], sensors: Sequence[str], file: str) -> None:
    missing = [name for name in sensors if name not in names]
    if missing:
        message = (
            f"line 1 of {file} lacks {len(missing)} of {len(sensors)} sensors, {missing[0]} "
            f"first; expected {_expected(sensors)}. It begins with {','.join(names)[:60]!r}."
        )
        raise FormatError(message)
    twice = [name for name in (*sensors, *PASSED_THROUGH) if names.count(name) > 1]
    if twice:
        message = f"line 1 of {file} names {twice[0]} {names.count(twice[0])} times; expected once."
        raise FormatError(message)


def _expected(sensors: Sequence[str]) -> str:
    return (
        f"a header that names {sensors[0]} to {sensors[-1]}, separated by commas, or "
        f"{len(sensors)} readings without a header, separated by one space"
    )


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
