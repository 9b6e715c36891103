"""UCI's `secom_labels.data`: one unit a line, -1 (pass) or 1 (fail), then when, day first."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from secom_core.errors import FormatError

LABELS_FILE = "secom_labels.data"
_LINE = re.compile(r'(\S+) "([^"]*)"')
_MEASURED_AT = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d")
_DAY_FIRST, _MONTH_FIRST = "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"
_IS_FAIL = {"-1": False, "1": True}
_MONTH_FIRST_ADVICE = (
    "Take the files that UCI serves; other copies of SECOM, Kaggle's uci-secom.csv among them, "
    "carry this fault."
)


def parse_labels(text: bytes) -> tuple[np.ndarray, np.ndarray]:
    r"""Parse the content of `secom_labels.data`.

    Parameters
    ----------
    text : bytes
        Lines end in LF or CR LF.

    Returns
    -------
    is_fail : ndarray of shape (n_units,), bool
        UCI's 1 is True.
    measured_at : ndarray of shape (n_units,), datetime64[s]
        Local time of the line; equal neighbours occur, none descends.

    Raises
    ------
    FormatError
        If there is no line, a line does not read `-1 "dd/mm/yyyy HH:MM:SS"`, a label is neither
        -1 nor 1, a time does not exist, or time runs backwards. Counts the faults and names the
        first line and column, both counted from 1.

    Examples
    --------
    >>> is_fail, measured_at = parse_labels(b'1 "01/08/2008 12:32:00"\r\n')
    >>> bool(is_fail[0]), str(measured_at[0])
    (True, '2008-08-01T12:32:00')
    """
    lines = text.decode("utf-8-sig", errors="backslashreplace").rstrip("\r\n").splitlines()
    if not lines:
        message = f"{LABELS_FILE} is empty; expected a label and a time per line."
        raise FormatError(message)
    pairs = _pairs(lines)
    is_fail = _is_fail([label for label, _ in pairs])
    measured_at = _measured_at([when for _, when in pairs])
    _refuse_descending(measured_at)
    return is_fail, measured_at


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    matches = [_LINE.fullmatch(line) for line in lines]
    pairs = [(match[1], match[2]) for match in matches if match]
    if len(pairs) < len(lines):
        wrong = [number for number, match in enumerate(matches) if not match]
        expected = 'a label, one space and a quoted time, as in -1 "19/07/2008 11:55:00"'
        raise _fault(wrong, lines, column=1, expected=expected)
    return pairs


def _is_fail(labels: list[str]) -> np.ndarray:
    wrong = [number for number, label in enumerate(labels) if label not in _IS_FAIL]
    if wrong:
        raise _fault(wrong, labels, column=1, expected="-1 (pass) or 1 (fail)")
    return np.array([_IS_FAIL[label] for label in labels])


def _measured_at(texts: list[str]) -> np.ndarray:
    times = [_time(text, _DAY_FIRST) for text in texts]
    wrong = [number for number, time in enumerate(times) if time is None]
    if wrong:
        expected = "a time that exists, day first, as dd/mm/yyyy HH:MM:SS"
        if _time(texts[wrong[0]], _MONTH_FIRST):
            expected += f". This one reads as month first. {_MONTH_FIRST_ADVICE}"
        raise _fault(wrong, texts, column=2, expected=expected)
    return np.array(times, dtype="datetime64[s]")


def _time(text: str, form: str) -> datetime | None:
    if not _MEASURED_AT.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - UCI gives the line's local time
    except ValueError:
        return None


def _fault(wrong: list[int], got: list[str], *, column: int, expected: str) -> FormatError:
    first = wrong[0]
    return FormatError(
        f"{LABELS_FILE}, line {first + 1}, column {column}: got {got[first][:60]!r}, expected "
        f"{expected} ({len(wrong)} of {len(got)} lines have this fault)."
    )


def _refuse_descending(measured_at: np.ndarray) -> None:
    descends = np.flatnonzero(measured_at[1:] < measured_at[:-1])
    if not descends.size:
        return
    later = int(descends[0]) + 1
    message = (
        f"{LABELS_FILE}, line {later + 1}, column 2: {measured_at[later]} is earlier than "
        f"{measured_at[later - 1]} on the line before ({descends.size} lines go back in time); "
        "expected units in the order in which they were measured. "
    )
    swapped = _with_day_and_month_swapped(measured_at)
    if (swapped[1:] < swapped[:-1]).any():
        raise FormatError(message + "Sort both files by time.")
    message += (
        "With day and month swapped wherever the day is 12 or less, the order is right: "
        f"{int((swapped != measured_at).sum())} of {len(swapped)} times were written month first. "
    )
    raise FormatError(message + _MONTH_FIRST_ADVICE)


def _with_day_and_month_swapped(measured_at: np.ndarray) -> np.ndarray:
    return np.array(
        [t.replace(month=t.day, day=t.month) if t.day <= 12 else t for t in measured_at.tolist()],
        dtype="datetime64[s]",
    )
