"""SECOM as UCI serves it: two text files that describe the same units."""

from __future__ import annotations

from secom_core.dataset.labels import LABELS_FILE, parse_labels
from secom_core.dataset.readings import READINGS_FILE, parse_readings
from secom_core.dataset.units import Units
from secom_core.errors import FormatError

ADDRESS = "https://archive.ics.uci.edu/static/public/179/secom.zip"
SHA256 = {
    READINGS_FILE: "20f0e7ee434f7dcbae0eea9ffff009a2b57f42d6b0dc9a5bd4f00782c0a3374c",
    LABELS_FILE: "126884cf453705c9e61a903fe906f0665a3b45ce3639e621edc5c93c89627e03",
}
"""Of the two files inside UCI's archive: DOI 10.24432/C54305, licence CC BY 4.0."""

KAGGLE_FILE = "uci-secom.csv"
KAGGLE_HEADER = b"Time,0,1,2,"


def parse(files: dict[str, bytes], *, source: str) -> Units:
    """Parse and check both files.

    Parameters
    ----------
    files : dict of str to bytes
        Content of `secom.data` and `secom_labels.data` by name.
    source : str
        Where they came from, for people to read.

    Raises
    ------
    FormatError
        If a file breaks its format, or one holds more units than the other.
    """
    if files[READINGS_FILE].startswith(KAGGLE_HEADER):
        raise kaggle_error(source)
    readings = parse_readings(files[READINGS_FILE])
    is_fail, measured_at = parse_labels(files[LABELS_FILE])
    _refuse_unpaired(len(readings), len(is_fail))
    return Units(
        readings=readings,
        is_fail=is_fail,
        measured_at=measured_at,
        source=source,
        is_synthetic=False,
    )


def _refuse_unpaired(n_readings: int, n_labels: int) -> None:
    if n_readings == n_labels:
        return
    longer = READINGS_FILE if n_readings > n_labels else LABELS_FILE
    message = (
        f"{READINGS_FILE} holds {n_readings} units and {LABELS_FILE} {n_labels}; expected one "
        f"label per unit. {longer}, line {min(n_readings, n_labels) + 1}, column 1 is the first "
        "without a counterpart: has a file been cut short?"
    )
    raise FormatError(message)


def kaggle_error(source: str) -> FormatError:
    """Say why Kaggle's re-export cannot be used, and what to do instead."""
    return FormatError(
        f"{source} is Kaggle's re-export of SECOM ({KAGGLE_FILE}). It has day and month swapped "
        "wherever the day is 12 or less (582 of 1567 times), so the order in which units were "
        "measured is lost and nothing honest can be trained on it. Take the files that UCI serves: "
        f"{ADDRESS}, or leave the source out to have them downloaded."
    )
