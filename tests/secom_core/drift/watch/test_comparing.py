"""A window of scored units against the bundle's reference."""

from dataclasses import replace

import numpy as np
import pytest

from secom_core.drift import fit_reference, psi, psi_by_sensor
from secom_core.drift.watch import MIN_UNITS, compare, compare_sensors, cut_windows
from secom_core.drift.watch.significance import q_values
from secom_core.errors import EvidenceError, SensorCountError


def test_window_states_its_units(steady):
    """Whose they are, how many, from when to when, and how many were flagged."""
    reference, scored = steady

    window = compare(reference, scored.window(slice(0, 200)))

    assert window.bundle == reference.bundle
    assert (window.n_units, window.n_flagged) == (200, scored.flagged[:200].sum())
    assert window.started_at == "2008-10-01T00:00:00"
    assert window.ended_at == "2008-10-01T03:19:00"


def test_sensors_are_measured_in_the_order_in_which_they_came(steady):
    """Significance needs sorted readings, and everything else is of the same columns."""
    reference, scored = steady
    readings = scored.readings[:200] + np.array([0, 1, 0, 0])
    readings[:50, 2] = np.nan

    moves = compare(reference, replace(scored.window(slice(0, 200)), readings=readings)).sensors

    expected = q_values(reference.profile.sorted_readings, np.sort(readings, axis=0))
    assert moves.q_value == pytest.approx(expected)
    assert moves.psi == pytest.approx(psi_by_sensor(reference.profile, readings))
    assert moves.missing_share == pytest.approx([0, 0, 0.25, 0])
    assert (moves.q_value <= 0.05).tolist() == [False, True, True, False]


def test_shift_is_how_far_the_median_wandered_through_the_reference(line):
    """A shift of half a standard deviation is .19, whatever the sensor's unit, and none is none."""
    moves = compare_sensors(fit_reference(line), line + 1.0)  # half of 2

    assert moves.quantile_shift[:2] == pytest.approx(0.19, abs=0.03)  # with gaps or without
    assert moves.quantile_shift[2] == 0.5  # a constant sensor: all of the reference is below
    assert np.isnan(moves.quantile_shift[3])  # never measured
    unmoved = compare_sensors(fit_reference(line), line).quantile_shift
    assert np.delete(unmoved, 3) == pytest.approx(0, abs=1e-12)


def test_risks_are_compared_with_those_of_units_that_the_fit_had_not_seen(steady):
    """Their order in time does not matter, their sizes do."""
    reference, scored = steady
    window = scored.window(slice(0, 200))

    same = compare(reference, window).risk
    moved = compare(reference, replace(window, risk=window.risk**2)).risk

    assert moved.p_value < 1e-6
    assert same.p_value > 0.01
    assert moved.psi == pytest.approx(psi(reference.risk, window.risk**2))


def test_window_of_few_units_is_refused(steady):
    """Where chance alone looks like drift, nothing is said."""
    reference, scored = steady

    with pytest.raises(EvidenceError, match=f"at least {MIN_UNITS}"):
        compare(reference, scored.window(slice(0, MIN_UNITS - 1)))


def test_window_of_no_units_is_refused(steady):
    """Not even a time can be told of it."""
    reference, scored = steady

    with pytest.raises(EvidenceError):
        compare(reference, scored.window(slice(0, 0)))


def test_units_with_other_sensors_are_refused(steady):
    """A bundle's reference speaks of its own sensors."""
    reference, scored = steady

    with pytest.raises(SensorCountError):
        compare(reference, replace(scored, readings=scored.readings[:, :3]))


def test_units_are_cut_into_full_windows():
    """What is left over waits for more."""
    assert cut_windows(567) == (slice(0, 200), slice(200, 400))
    assert cut_windows(600, size=300) == (slice(0, 300), slice(300, 600))
    assert cut_windows(199) == ()
