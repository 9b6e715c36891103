"""How far sensors have moved."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secom_core.drift import LARGE, fit_reference, psi, psi_by_sensor
from secom_core.errors import EmptyWindowError

readings = st.lists(
    st.integers(-5, 5).map(float) | st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=60
).map(np.array)


def slow_psi(reference, current, n_bins=10):
    """Sort units into bins one at a time."""
    measured = reference[~np.isnan(reference)]
    quantiles = [float(np.quantile(measured, b / n_bins)) for b in range(1, n_bins)]
    edges = sorted(set(quantiles))
    crowded = {edge for edge in edges if quantiles.count(edge) > 1}

    def bin_of(value):
        if np.isnan(value):
            return "missing"
        return ("on", value) if value in crowded else sum(value >= e for e in edges)

    bins = [*range(len(edges) + 1), *(("on", edge) for edge in crowded), "missing"]
    shares = []
    for window in (reference, current):
        counts = dict.fromkeys(bins, 0.5)
        for value in window:
            counts[bin_of(value)] += 1
        shares.append(np.array(list(counts.values())) / sum(counts.values()))
    p, q = shares
    return float(np.sum((p - q) * np.log(p / q)))


@settings(deadline=None)
@given(reference=readings.filter(lambda window: not np.isnan(window).all()), current=readings)
def test_psi_is_that_of_units_sorted_one_at_a_time(reference, current):
    """Ties, gaps and equal quantiles included, counting by hand gives the same."""
    assert psi(reference, current) == pytest.approx(slow_psi(reference, current), abs=1e-9)


@settings(deadline=None)
@given(reference=readings, current=readings)
def test_psi_is_never_negative_and_agreement_is_zero(reference, current):
    """Moving away in any direction counts up, also for sensors that are silent."""
    assert psi(reference, current) >= 0
    assert psi(reference, reference) == 0


def test_all_sensors_at_once_are_each_sensor_alone(line):
    """The table's figures are those of its columns."""
    current = line[500:] + 1.0

    together = psi_by_sensor(fit_reference(line), current)

    assert together == pytest.approx([psi(line[:, s], current[:, s]) for s in range(6)])


def test_half_a_sigma_is_a_large_move():
    """The usual limit of .25 lies near a shift by half a standard deviation."""
    generator = np.random.default_rng(1)

    moved = psi(generator.normal(size=50_000), generator.normal(0.5, size=50_000))

    assert moved == pytest.approx(LARGE, abs=0.03)


def test_sensor_that_goes_silent_has_drifted(line):
    """Readings that stop coming are the largest drift of all."""
    silent = np.full(1000, np.nan)

    assert psi(line[:, 0], silent) > 4
    assert psi(line[:, 3], silent) == 0
    assert psi(line[:, 3], line[:, 0]) > 4


@pytest.mark.parametrize("step", [-1.0, 1.0])
def test_constant_sensor_that_steps_has_moved(line, step):
    """A reading that many units share keeps no company with what lies above it."""
    stepped = line[:, 2] + step

    assert psi(line[:, 2], stepped) > 4


def test_window_without_units_is_refused():
    """Nothing can be compared with nothing."""
    with pytest.raises(EmptyWindowError):
        psi_by_sensor(fit_reference(np.ones((3, 1))), np.empty((0, 1)))
