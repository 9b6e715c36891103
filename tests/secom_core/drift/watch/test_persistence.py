"""What comes back is no chance."""

import numpy as np
import pytest

from secom_core.drift.watch.persistence import first_shown, persists


def shown(story):
    """Windows by letters, oldest first: x shows it."""
    return np.array([letter == "x" for letter in story])


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("x", False),  # once is chance
        ("xx", True),
        ("x...x", True),  # the oldest of five still counts
        ("x....x", False),  # the sixth is forgotten
        ("xxxx.", False),  # it must show now
        ("xx.xxxxx", True),
    ],
)
def test_two_of_five_and_the_newest_persist(story, expected):
    """A window once forgotten, or quiet now, raises no alarm."""
    assert persists(shown(story)) == expected


@pytest.mark.parametrize(
    ("story", "expected"),
    [("..xxx", 2), ("x...x...x", 0), ("x....x.x", 5), ("xxx.", 3), ("x", 0)],
)
def test_beginning_is_found_across_gaps_that_memory_bridges(story, expected):
    """A drift began where it was first seen without being forgotten since."""
    assert first_shown(shown(story)) == expected


def test_sensors_are_judged_each_by_its_own_windows():
    """What one shows says nothing of another."""
    table = np.column_stack([shown("x..x"), shown("...x"), shown("xxx.")])

    assert persists(table).tolist() == [True, False, False]
    assert first_shown(table).tolist() == [0, 3, 3]
