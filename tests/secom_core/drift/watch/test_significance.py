"""Tests of significance, against SciPy's one sensor at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from secom_core.drift.watch.significance import compare_missing, compare_values, q_values

# Few values and many gaps: ties within and between windows, and sensors that are silent in one.
tables = st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1)).map(
    lambda drawn: made(*drawn)
)


def made(n, m, seed):
    """Two windows of sensors with 2 to 40 different readings, and gaps from none to all."""
    rng = np.random.default_rng(seed)
    windows = []
    for size in (n, m):
        table = np.column_stack([rng.integers(k, size=size) / 7 for k in (2, 5, 40, 40, 3)])
        table[rng.random(table.shape) < [0, 0.3, 0, 0.9, 1]] = np.nan
        windows.append(np.sort(table, axis=0))
    return windows


def measured(window, sensor):
    """The readings of a sensor without gaps."""
    return window[~np.isnan(window[:, sensor]), sensor]


@pytest.mark.filterwarnings("ignore:divide by zero")  # SciPy's p-value of one against one
@settings(deadline=None, max_examples=50)
@given(windows=tables)
def test_distance_is_scipys_with_ties_and_gaps(windows):
    """The p-value is the limit's, of the very distance that SciPy finds."""
    found = compare_values(*windows)

    for sensor in range(5):
        ours, theirs = (measured(window, sensor) for window in windows)
        if not ours.size or not theirs.size:
            assert found.p_value[sensor] == found.least[sensor] == 1
            continue
        distance = stats.ks_2samp(ours, theirs, method="asymp").statistic
        scale = np.sqrt(ours.size * theirs.size / (ours.size + theirs.size))
        assert found.p_value[sensor] == pytest.approx(stats.kstwobign.sf(scale * distance))
        assert found.least[sensor] <= found.p_value[sensor]


@pytest.mark.parametrize("n_units", [100, 200, 283])
def test_limit_errs_on_the_safe_side_of_the_exact_test(n_units):
    """For windows of the line's size p-values are a little above the exact ones, never below."""
    rng = np.random.default_rng(n_units)
    reference = np.sort(rng.normal(size=(1000, 20)), axis=0)
    current = np.sort(rng.normal(size=(n_units, 20)) + np.linspace(0, 0.4, 20), axis=0)

    found = compare_values(reference, current).p_value
    exact = [
        stats.ks_2samp(reference[:, s], current[:, s], method="exact").pvalue for s in range(20)
    ]

    assert (found >= exact).all()
    assert (found <= 1.5 * np.array(exact)).all()


@settings(deadline=None, max_examples=50)
@given(windows=tables)
def test_absence_is_tested_by_fishers_tails(windows):
    """Whether a sensor is silent more often, or less, is exact at any count."""
    found = compare_missing(*windows)

    for sensor in range(5):
        silent = [int(np.isnan(window[:, sensor]).sum()) for window in windows]
        table = [[k, len(window) - k] for k, window in zip(silent, windows, strict=True)]
        tails = [stats.fisher_exact(table, side).pvalue for side in ("less", "greater")]
        assert found.p_value[sensor] == pytest.approx(min(1, 2 * min(tails)))
        assert found.least[sensor] <= found.p_value[sensor] * (1 + 1e-9)


def test_least_is_what_the_rarest_outcome_would_have_yielded():
    """Four of 1,200 units without a reading cannot tell, even if all of them are new."""
    reference, current = np.zeros((1000, 1)), np.zeros((200, 1))
    current[196:] = np.nan

    found = compare_missing(reference, current)

    assert found.p_value == found.least == pytest.approx(2 * stats.hypergeom.pmf(4, 1200, 4, 200))


def slow_bh(p_values):
    """Step up through the p-values, as the procedure is told."""
    order = np.argsort(p_values)
    found, least = np.empty(p_values.size), 1.0
    for rank in range(p_values.size, 0, -1):
        least = min(least, p_values[order[rank - 1]] * p_values.size / rank)
        found[order[rank - 1]] = least
    return found


def test_sensors_are_held_to_a_rate_of_false_discoveries(line):
    """Each of 590 sensors is tried, and that many trials are allowed for."""
    ours, theirs = np.sort(line[:700], axis=0), np.sort(line[700:] + 0.3, axis=0)
    values, missing = compare_values(ours, theirs), compare_missing(ours, theirs)
    # Sensor 1 has gaps, sensor 3 is silent, the others are always measured.
    smaller = np.minimum(values.p_value, missing.p_value)
    expected = slow_bh(np.minimum(smaller * [1, 2, 1, 1, 1, 1], 1))

    assert q_values(ours, theirs) == pytest.approx(expected)
    assert q_values(ours, theirs)[3] == 1


def test_sensor_that_goes_silent_differs():
    """No value has changed, yet the sensor has."""
    rng = np.random.default_rng(0)
    reference, current = rng.normal(size=(1000, 3)), rng.normal(size=(200, 3))
    current[40:80, 0] = np.nan

    q_value = q_values(np.sort(reference, axis=0), np.sort(current, axis=0))

    assert q_value[0] < 1e-6 < q_value[1:].min()
