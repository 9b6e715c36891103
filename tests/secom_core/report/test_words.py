"""Numbers and times as the report writes them."""

import numpy as np
import pytest

from secom_core.report import words


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0 fails"), (1, "1 fail"), (17, "17 fails"), (1567, "1,567 fails")]
)
def test_count_agrees_with_its_noun(number, written):
    """One fail, seventeen fails, and thousands are parted."""
    assert words.count(number, "fail") == written


def test_list_ends_with_and():
    """One thing stands alone; of several the last is joined by a word."""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"


def test_time_is_the_lines_own():
    """A time is written as it was measured, whatever the zone of the reader."""
    at = np.datetime64("2008-10-07T06:07:00")

    assert words.day(at) == "7 Oct 2008"
    assert words.minute(at) == "7 Oct 2008, 06:07"
