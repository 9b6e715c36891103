"""Where in the object store the records of a segment lie."""

from __future__ import annotations

from datetime import date

FOLDER = "predictions/"
"""What the keys of all records begin with."""


def object_key(segment: str, day: date) -> str:
    """Return the key of a segment's records: always the same, so that a repeat overwrites.

    Parameters
    ----------
    segment : str
        Its name, which begins with the time at which it began: keys sort by time.
    day : date
        UTC day on which the segment began.

    Examples
    --------
    >>> object_key("20081017T060000.000000-a1b2c3d4-1", date(2008, 10, 17))
    'predictions/date=2008-10-17/20081017T060000.000000-a1b2c3d4-1.parquet'
    """
    return f"{FOLDER}date={day.isoformat()}/{segment}.parquet"
