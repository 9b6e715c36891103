from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from serving.monitor.predictions import find_segments, near, oldest_day, read_object
from tests.serving.monitor.scoring import NOW, scored, segment_key, ship


def test_segments_are_found_in_order_of_time(store):
    """Whoever wrote them and whenever they came, segments are listed as they began."""
    late = segment_key(1, writer="z", at=NOW - timedelta(days=1))
    keys = [segment_key(2, writer="b"), segment_key(1, writer="c"), late]
    for key in keys:
        store.put(key, b"")

    found = find_segments(store, since=NOW.date() - timedelta(days=2))

    assert [segment.key for segment in found] == sorted(keys)
    assert (found[0].writer, found[0].number, found[0].began_at) == (
        "z",
        1,
        NOW - timedelta(days=1),
    )


def test_segments_are_found_since_a_time(store):
    """Only what began then or later is listed, in whatever zone the time is given; future too."""
    for hours in (-2, 0, 24 * 400):
        at = NOW + timedelta(hours=hours)
        store.put(segment_key(hours + 2, at=at), b"")

    since = NOW.astimezone(timezone(timedelta(hours=5)))

    assert [each.number for each in find_segments(store, since=since)] == [2, 24 * 400 + 2]
    assert [each.number for each in find_segments(store, since=NOW.date())] == [0, 2, 9602]


def test_foreign_objects_are_passed_over(store):
    """What has not the name of a segment, or one of an impossible time, is none."""
    for name in ("README", "20081120T996000.000000-a-1.parquet", "x-a-1.parquet"):
        store.put(f"predictions/date=2008-11-20/{name}", b"")

    assert find_segments(store, since=NOW.date()) == ()


def test_records_come_once(store, pair):
    """A unit that is in an object twice is read once."""
    records = scored(pair[0], pair[0].golden.readings)
    key = ship(store, pair[0], records.take([0, 1, 1, 0, 2]), segment_key(1))

    assert read_object(store, key).record_id.tolist() == records.record_id[:3].tolist()


def test_object_that_is_gone_is_set_aside(store, caplog):
    """An object that was listed and is gone is named in the log."""
    assert read_object(store, segment_key(1)) is None
    assert "no such object" in caplog.records[0].fields["reason"]


def test_no_clock_that_jumped_ahead_moves_the_horizon():
    """The earlier of our clock and the newest object says what is not waited for any more."""
    for clocks in ((NOW, NOW + timedelta(days=365)), (NOW + timedelta(days=365), NOW)):
        assert oldest_day(*clocks) == datetime(2008, 11, 18, tzinfo=UTC).date()
        assert near(*clocks) == NOW - timedelta(hours=1)


@pytest.mark.parametrize("risk", [-0.1, 1.5, float("nan")])
def test_impossible_risk_is_set_aside(store, pair, risk, caplog):
    """An object with a risk that is no probability is named in the log, and takes no part."""
    records = scored(pair[0], pair[0].golden.readings)
    records = replace(records, risk=np.where(np.arange(len(records)) == 3, risk, records.risk))
    key = ship(store, pair[0], records, segment_key(1))

    assert read_object(store, key) is None
    assert caplog.records[0].fields["reason"] == f"expected risks from 0 to 1, got {risk}."
