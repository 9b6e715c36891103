from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from serving.monitor.consumed import Consumed
from serving.monitor.predictions import Segment
from tests.serving.monitor.scoring import NOW

segments = st.builds(
    lambda writer, number, days: Segment(
        key=f"{writer}-{number}",
        began_at=NOW - timedelta(days=days),
        writer=writer,
        number=number,
        etag="",
    ),
    writer=st.sampled_from(["a", "b"]),
    number=st.integers(1, 30),
    days=st.integers(0, 5),
)


@given(read=st.lists(segments), asked=segments)
def test_what_was_read_is_known(read, asked):
    """A segment is known exactly if its writer's of that number was read, also after a restart."""
    consumed = Consumed()
    for segment in read:
        consumed = consumed.having(segment)

    names = {(segment.writer, segment.number) for segment in read}
    for known in (consumed, Consumed.from_json(consumed.to_json())):
        assert (asked in known) == ((asked.writer, asked.number) in names)


@given(read=st.lists(segments))
def test_order_of_reading_does_not_matter(read):
    """The same segments in any order and number of times are the same value."""
    there, back = Consumed(), Consumed()
    for segment in read:
        there = there.having(segment)
    for segment in [*reversed(read), *read]:
        back = back.having(segment)

    assert there == back


def test_a_day_without_gaps_is_one_range():
    """Ten thousand segments take as much room as one."""
    consumed = Consumed()
    for number in range(1, 10_001):
        consumed = consumed.having(
            Segment(key="", began_at=datetime(2008, 11, 20), writer="a", number=number, etag="")  # noqa: DTZ001 - any time
        )

    assert consumed.writers["a"].ranges == ((1, 10_000),)


def test_writers_of_days_gone_by_are_forgotten():
    """Only writers that began a segment on that day or later are remembered."""
    consumed = Consumed()
    for writer, days in (("old", 3), ("new", 1)):
        consumed = consumed.having(
            Segment(key="", began_at=NOW - timedelta(days=days), writer=writer, number=1, etag="")
        )

    assert list(consumed.from_day(date(2008, 11, 18)).writers) == ["new"]
