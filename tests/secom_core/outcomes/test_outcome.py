from datetime import UTC, datetime, timedelta, timezone

import pytest

from secom_core.errors import OutcomeError
from secom_core.outcomes import Outcome

NOON = datetime(2008, 10, 17, 12, tzinfo=UTC)


def test_time_is_kept_in_utc():
    """The same moment, told with any offset, is the same."""
    told = datetime(2008, 10, 17, 14, tzinfo=timezone(timedelta(hours=2)))

    found = Outcome(unit_id="w7", is_fail=True, found_at=told)

    assert found == Outcome(unit_id="w7", is_fail=True, found_at=NOON)
    assert found.found_at.tzinfo is UTC


def test_time_without_offset_is_refused():
    """A local time could be another one by half a day: the wrong record would be joined."""
    with pytest.raises(OutcomeError, match="2008-10-17T12:00:00 without one"):
        Outcome(unit_id="w7", is_fail=True, found_at=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("name", ["", "a\nb", "\x00", "\ud800", "x" * 257])
def test_name_is_short_and_printable(name):
    """What cannot be shown or written down names no unit."""
    with pytest.raises(OutcomeError, match="1 to 256 printable characters"):
        Outcome(unit_id=name, is_fail=True, found_at=NOON)


@pytest.mark.parametrize("name", ["x" * 256, "Einheit 7/é", "w7,8", "晶圆"])
def test_name_may_be_in_any_script(name):
    """A line names its units as it likes."""
    assert Outcome(unit_id=name, is_fail=True, found_at=NOON).unit_id == name


def test_outcome_comes_back_from_json():
    """What was written down is what is read."""
    found = Outcome(unit_id="w7", is_fail=True, found_at=NOON + timedelta(microseconds=1))

    assert Outcome.from_json(found.to_json()) == found


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"])
def test_time_that_utc_cannot_hold_is_refused(time):
    """The ends of the calendar are no excuse for another error."""
    with pytest.raises(OutcomeError, match="found_at must be a time"):
        Outcome.from_json({"unit_id": "w7", "result": "fail", "found_at": time})
