"""How far sensors have moved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secom_core.drift import LARGE, drift_by_month, fit_reference, psi, psi_by_sensor
from secom_core.errors import EmptyWindowError

readings = st.lists(
    st.integers(-5, 5).map(float) | st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=60
).map(np.array)


@pytest.fixture
def line():
    """1,000 units of six sensors: normal, with gaps, constant, silent, of two values, skewed."""
    generator = np.random.default_rng(0)
    table = generator.normal(10, 2, size=(1000, 6))
    table[generator.random(1000) < 0.2, 1] = np.nan
    table[:, 2] = 5.0
    table[:, 3] = np.nan
    table[:, 4] = generator.integers(2, size=1000)
    table[:, 5] = np.exp(table[:, 5])
    return table


def slow_psi(reference, current, n_bins=10):
    """Sort units into bins one at a time."""
    measured = reference[~np.isnan(reference)]
    edges = sorted({float(np.quantile(measured, b / n_bins)) for b in range(1, n_bins)})
    shares = []
    for window in (reference, current):
        counts = dict.fromkeys([*range(len(edges) + 1), "missing"], 0.5)
        for value in window:
            counts["missing" if np.isnan(value) else sum(value >= e for e in edges)] += 1
        shares.append(np.array(list(counts.values())) / sum(counts.values()))
    p, q = shares
    return float(np.sum((p - q) * np.log(p / q)))


@given(reference=readings.filter(lambda window: not np.isnan(window).all()), current=readings)
def test_psi_is_that_of_units_sorted_one_at_a_time(reference, current):
    """Ties, gaps and equal quantiles included, counting by hand gives the same."""
    assert psi(reference, current) == pytest.approx(slow_psi(reference, current), abs=1e-9)


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


def test_profile_states_how_each_sensor_read(line):
    """NumPy, leaving out what was not measured, finds the same numbers."""
    profile = fit_reference(line)
    measured = [0, 1, 2, 4, 5]

    assert profile.missing_share == pytest.approx(np.isnan(line).mean(axis=0))
    assert profile.median[measured] == pytest.approx(np.nanmedian(line[:, measured], axis=0))
    assert profile.low[measured] == pytest.approx(np.nanmin(line[:, measured], axis=0))
    assert profile.high[measured] == pytest.approx(np.nanmax(line[:, measured], axis=0))
    assert profile.psi_edges[:, measured] == pytest.approx(
        np.nanquantile(line[:, measured], np.arange(1, 10) / 10, axis=0)
    )
    assert np.array_equal(profile.sorted_readings, np.sort(line, axis=0), equal_nan=True)


def test_profile_of_a_sensor_that_was_never_measured_is_unknown(line):
    """No reading, no range: NaN, without a warning."""
    profile = fit_reference(line)

    assert np.isnan([profile.median[3], profile.low[3], profile.high[3]]).all()
    assert profile.missing_share[3] == 1.0


def test_months_are_compared_with_the_reference_one_by_one(line):
    """A sensor that moves in September shows in September and not before."""
    measured_at = np.datetime64("2008-08-01T00:00:00") + np.arange(1000) * np.timedelta64(3600, "s")
    in_september = measured_at >= np.datetime64("2008-09-01")
    moved = line.copy()
    moved[in_september, 0] += 4.0

    drift = drift_by_month(fit_reference(line), moved, measured_at)

    assert drift.months.astype(str).tolist() == ["2008-08", "2008-09"]
    assert drift.n_units.tolist() == [(~in_september).sum(), in_september.sum()]
    assert drift.psi[0, 0] < 0.1 < LARGE < drift.psi[1, 0]
    assert drift.share_beyond(LARGE).tolist() == [0.0, pytest.approx(1 / 6)]
    assert drift.missing_share[:, 3].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("measure", [fit_reference, lambda none: psi_by_sensor(REFERENCE, none)])
def test_window_without_units_is_refused(measure):
    """Nothing can be compared with nothing."""
    with pytest.raises(EmptyWindowError):
        measure(np.empty((0, 1)))


REFERENCE = fit_reference(np.ones((3, 1)))
