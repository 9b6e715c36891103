"""UCI's `secom.data`: one unit a line, 590 readings separated by one space, NaN = not measured."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from pyarrow import csv

from secom_core.contract import N_SENSORS, SENSORS
from secom_core.errors import FormatError

READINGS_FILE = "secom.data"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NUMBER = re.compile(
    rb"[ \t]*([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity))[ \t]*", re.IGNORECASE
)
"""What Arrow takes for a number, to find out where it met something else."""


def parse_readings(text: bytes) -> np.ndarray:
    r"""Parse the content of `secom.data`.

    Parameters
    ----------
    text : bytes
        Lines end in LF or CR LF.

    Returns
    -------
    ndarray of shape (n_units, 590), float64
        NaN means "not measured".

    Raises
    ------
    FormatError
        If there is no line, a line does not hold 590 readings, one is not a finite number or NaN,
        or a unit has none but NaN. Counts the faults and names the first line and column, both
        counted from 1.

    Examples
    --------
    >>> parse_readings(b" ".join([b"1.5"] * 589 + [b"NaN"]) + b"\r\n").shape
    (1, 590)
    """
    body = text.removeprefix(_BYTE_ORDER_MARK).rstrip(b"\r\n")
    if not body:
        message = f"{READINGS_FILE} is empty; expected one unit per line."
        raise FormatError(message)
    try:
        readings = _read(body)
    except pa.ArrowInvalid as error:
        # Arrow is fast but does not say where; a second look only happens when something is wrong.
        lines = body.splitlines()
        message = _width_fault(lines) or _number_fault(lines) or f"{READINGS_FILE}: {error}"
        raise FormatError(message) from error
    _refuse_infinite(readings, body)
    _refuse_silent(readings)
    return readings


def _read(body: bytes) -> np.ndarray:
    table = csv.read_csv(
        pa.BufferReader(body),
        read_options=csv.ReadOptions(column_names=SENSORS, block_size=len(body) + 1),
        parse_options=csv.ParseOptions(delimiter=" ", quote_char=False, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(SENSORS, pa.float64()), null_values=["NaN"]
        ),
    )
    return np.column_stack([column.to_numpy() for column in table.columns])


def _width_fault(lines: list[bytes]) -> str | None:
    widths = [len(line.split(b" ")) if line else 0 for line in lines]
    wrong = [number for number, width in enumerate(widths, 1) if width != N_SENSORS]
    if not wrong:
        return None
    got, fields = widths[wrong[0] - 1], lines[wrong[0] - 1].split(b" ")
    column = fields.index(b"") + 1 if b"" in fields else min(got, N_SENSORS) + 1
    return (
        f"{READINGS_FILE}, line {wrong[0]}, column {column}: the line holds {got} readings; "
        f"expected {N_SENSORS}, separated by one space ({len(wrong)} of {len(lines)} lines differ)."
    )


def _number_fault(lines: list[bytes]) -> str | None:
    faults = [
        (number, column, field)
        for number, line in enumerate(lines, 1)
        for column, field in enumerate(line.split(b" "), 1)
        if not _NUMBER.fullmatch(field)
    ]
    if not faults:
        return None
    number, column, field = faults[0]
    return _reading_fault(number, column, field, problem="is not a number", n_faults=len(faults))


def _refuse_infinite(readings: np.ndarray, body: bytes) -> None:
    infinite = np.isinf(readings)
    if infinite.any():
        unit, sensor = (int(index) for index in np.argwhere(infinite)[0])
        field = body.splitlines()[unit].split(b" ")[sensor]
        n_faults = int(infinite.sum())
        message = _reading_fault(
            unit + 1, sensor + 1, field, problem="is infinite", n_faults=n_faults
        )
        raise FormatError(message)


def _reading_fault(line: int, column: int, field: bytes, *, problem: str, n_faults: int) -> str:
    shown = field[:40].decode("ascii", errors="backslashreplace")
    return (
        f"{READINGS_FILE}, line {line}, column {column}: {shown!r} {problem}; expected a finite "
        f"number, or NaN for one not measured (readings with this fault: {n_faults})."
    )


def _refuse_silent(readings: np.ndarray) -> None:
    silent = np.isnan(readings).all(axis=1)
    if silent.any():
        message = (
            f"{READINGS_FILE}, line {int(silent.argmax()) + 1}, columns 1 to {N_SENSORS}: nothing "
            f"was measured ({int(silent.sum())} of {len(readings)} lines). A unit without a single "
            f"reading cannot be judged: remove its line here and in the labels."
        )
        raise FormatError(message)
