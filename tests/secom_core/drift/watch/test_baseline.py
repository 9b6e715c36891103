"""What a line does anyway is no alarm."""

import numpy as np
import pytest

from secom_core.drift.watch import fit_baseline
from secom_core.errors import EvidenceError


@pytest.fixture
def readings():
    """1,000 units of ten sensors; from the middle on, the first three read higher."""
    table = np.random.default_rng(0).normal(size=(1000, 10))
    table[500:, :3] += 1.0
    return table


def test_baseline_is_the_share_that_drifted_inside_the_window(readings):
    """Three of four sensors that are read moved, and those that are not read do not count."""
    assert fit_baseline(readings, sensors_read=(0, 1, 2, 3)) == 0.75
    assert fit_baseline(readings, sensors_read=(7, 8, 9)) == 0.0
    assert fit_baseline(readings, sensors_read=()) == 0.0


def test_largest_share_counts_even_if_it_passed(readings):
    """What came and went may come again."""
    readings[900:, :3] -= 1.0

    assert fit_baseline(readings, sensors_read=(0, 1, 2, 3)) == 0.75


def test_short_window_is_looked_at_in_shorter_pieces(readings):
    """Two windows of 100 show a persistence, too."""
    assert fit_baseline(readings[300:700], sensors_read=(0, 1, 2, 3)) == 0.75


def test_window_too_short_for_a_baseline_is_refused(readings):
    """From fewer than four times 100 units nothing is claimed."""
    with pytest.raises(EvidenceError, match="needs 400 units, got 399"):
        fit_baseline(readings[:399], sensors_read=(0,))
