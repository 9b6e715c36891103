"""How segments are named, and where in the object store their records lie."""

from __future__ import annotations

from datetime import UTC, date, datetime

FOLDER = "predictions/"
"""What the keys of all records begin with."""

_TIME = "%Y%m%dT%H%M%S.%f"


def segment_name(began_at: datetime, *, writer: str, number: int) -> str:
    """Name a segment so that names sort by time, and no two are alike.

    Parameters
    ----------
    began_at : datetime
        UTC.
    writer : str
        Another one for each start of a server.
    number : int
        The writer's own count of segments.

    Examples
    --------
    >>> segment_name(datetime(2008, 10, 17, 6, tzinfo=UTC), writer="a1b2c3d4", number=1)
    '20081017T060000.000000-a1b2c3d4-1'
    """
    return f"{began_at:{_TIME}}-{writer}-{number}"


def began_at(segment: str) -> datetime | None:
    """Return when a segment began, None if that is no name of one.

    Examples
    --------
    >>> began_at("20081017T060000.000000-a1b2c3d4-1")
    datetime.datetime(2008, 10, 17, 6, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        return datetime.strptime(segment.partition("-")[0], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def first_key(since: date | datetime) -> str:
    """Return a key behind which the records of all segments lie that began at `since` or later.

    Examples
    --------
    >>> first_key(date(2008, 10, 17))
    'predictions/date=2008-10-17/'
    """
    if isinstance(since, datetime):
        utc = since.astimezone(UTC)
        return f"{first_key(utc.date())}{utc:{_TIME}}"
    return f"{FOLDER}date={since.isoformat()}/"


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
    return f"{first_key(day)}{segment}.parquet"
