from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secom_core.dataset.labels import parse_labels
from secom_core.errors import FormatError

GOOD = '-1 "19/07/2008 11:55:00"'


def text(*lines: str) -> bytes:
    """Lines as `secom_labels.data` has them."""
    return "".join(f"{line}\r\n" for line in lines).encode()


BAD = {
    "nothing at all": (b"", "secom_labels.data is empty"),
    "a label without a time": (
        text(GOOD, "-1"),
        "line 2, column 1: got '-1', expected a label, one space and a quoted time",
    ),
    "a time without a label": (text('"19/07/2008 11:55:00"'), "line 1, column 1: got '\"19/07"),
    "a time without quotes": (text("-1 19/07/2008 11:55:00"), "line 1, column 1: got '-1 19/07"),
    "two spaces": (text('-1  "19/07/2008 11:55:00"'), "line 1, column 1: got '-1  \"19/07"),
    "two labels": (text(f"1 {GOOD}"), "line 1, column 1: got '1 -1 \"19/07"),
    "an empty line": (
        text(GOOD, "", GOOD, ""),
        (
            "line 2, column 1: got '', expected a label, one space and a quoted time, as in "
            '-1 "19/07/2008 11:55:00" (1 of 3 lines have this fault)'
        ),
    ),
    "bytes that are no text": (b"\xff\xfe-\x001\x00", r"line 1, column 1: got '\\xff\\xfe"),
    "a label of 0": (
        text(GOOD, GOOD.replace("-1", "0"), GOOD.replace("-1", "0")),
        "line 2, column 1: got '0', expected -1 (pass) or 1 (fail) (2 of 3 lines",
    ),
    "a label of 2": (text(GOOD.replace("-1", "2")), "line 1, column 1: got '2', expected -1"),
    "a label in words": (text(GOOD.replace("-1", "fail")), "line 1, column 1: got 'fail'"),
    "a label of 1.0": (text(GOOD.replace("-1", "1.0")), "line 1, column 1: got '1.0'"),
    "a day that does not exist": (
        text(GOOD, '-1 "31/09/2008 11:55:00"'),
        "line 2, column 2: got '31/09/2008 11:55:00', expected a time that exists, day first",
    ),
    "an hour that does not exist": (
        text('-1 "19/07/2008 24:00:00"'),
        "line 1, column 2: got '19/07/2008 24:00:00'",
    ),
    "a month in front of the day": (
        text('-1 "07/19/2008 11:55:00"'),
        "This one reads as month first. Take the files that UCI serves",
    ),
    "a time without seconds": (text('-1 "19/07/2008 11:55"'), "line 1, column 2: got '19/07"),
    "a year of two digits": (text('-1 "19/07/08 11:55:00"'), "line 1, column 2: got '19/07/08"),
    "a time in ISO form": (text('-1 "2008-07-19 11:55:00"'), "line 1, column 2: got '2008-07"),
    "no time in the quotes": (text('-1 ""'), "line 1, column 2: got '', expected a time"),
    "time that runs backwards": (
        text(GOOD, '1 "18/07/2008 11:55:00"', '1 "17/07/2008 11:55:00"'),
        (
            "line 2, column 2: 2008-07-18T11:55:00 is earlier than 2008-07-19T11:55:00 on the line "
            "before (2 lines go back in time); expected units in the order in which they were "
            "measured. Sort both files by time."
        ),
    ),
    "day and month swapped where they can be": (
        text(
            '-1 "30/11/2008 08:00:00"',
            '-1 "12/01/2008 08:00:00"',
            '-1 "12/12/2008 08:00:00"',
            '-1 "13/12/2008 08:00:00"',
        ),
        (
            "With day and month swapped wherever the day is 12 or less, the order is right: 1 of 4 "
            "times were written month first. Take the files that UCI serves; other copies of "
            "SECOM, Kaggle's uci-secom.csv among them, carry this fault."
        ),
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_a_fault_is_refused_with_its_place_and_count(content, message):
    """Whatever is wrong, the error names file, line, column and how often it occurs."""
    with pytest.raises(FormatError, match=re.escape(message)) as refusal:
        parse_labels(content)

    assert str(refusal.value).startswith("secom_labels.data")


def test_days_come_first():
    """01/08/2008 is the first of August, whatever the locale thinks."""
    _, measured_at = parse_labels(text('-1 "01/08/2008 02:02:00"'))

    assert measured_at.tolist() == [np.datetime64("2008-08-01T02:02:00").item()]


def test_units_may_be_measured_at_the_same_time():
    """Equal neighbours are no fault; only going back in time is."""
    is_fail, measured_at = parse_labels(text(GOOD, GOOD.replace("-1", "1")))

    assert is_fail.tolist() == [False, True]
    assert measured_at[0] == measured_at[1]


@given(
    labels=st.lists(st.sampled_from(["-1", "1"]), min_size=1, max_size=20),
    start=st.integers(0, 10**9),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(labels, start, end):
    """Labels and times come back as they were, to the second."""
    measured_at = np.datetime64("1990-01-01T00:00:00") + start + np.arange(len(labels)) * 90_061
    content = "".join(
        f'{label} "{time:%d/%m/%Y %H:%M:%S}"{end}'
        for label, time in zip(labels, measured_at.tolist(), strict=True)
    )

    is_fail, read = parse_labels(content.encode())

    assert is_fail.tolist() == [label == "1" for label in labels]
    assert np.array_equal(read, measured_at)


def test_real_labels_with_day_and_month_swapped_are_recognised(real_units):
    """Kaggle's fault in UCI's own form is named, with the 582 times that it changes."""
    swapped = "".join(
        f'-1 "{time:{"%m/%d" if time.day <= 12 else "%d/%m"}/%Y %H:%M:%S}"\n'
        for time in real_units.measured_at.tolist()
    )

    with pytest.raises(FormatError, match="582 of 1567 times were written month first"):
        parse_labels(swapped.encode())
