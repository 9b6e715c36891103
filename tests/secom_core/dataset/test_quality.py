from __future__ import annotations

import json

import numpy as np
import pytest

from secom_core.dataset import Units, quality
from secom_core.errors import EmptyWindowError

NAN = np.nan


@pytest.fixture
def units():
    """Eight units of seven sensors, each with one peculiarity."""
    columns = {
        "sound": [1, 2, 3, 4, 5, 6, 7, 4],
        "scaled copy": [-10, -20, -30, -40, -50, -60, -70, -40],
        "same where measured": [1, 2, 3, 4, 5, 6, 7, NAN],
        "constant": [5, 5, NAN, 5, 5, 5, 5, 5],
        "rarely moves": [5, 5, 5, 5, 5, 5, 5, 6],
        "silent": [NAN] * 8,
        "one outlier": [1, 2, 3, 4, 5, 6, 7, 22],
    }
    return Units(
        readings=np.array(list(columns.values()), dtype=float).T,
        is_fail=np.array([True] + [False] * 7),
        measured_at=np.datetime64("2008-07-19T00:00:00") + np.array([0, 0, 1, 2, 3, 4, 5, 6]),
        source="a test",
        is_synthetic=True,
        sensors=tuple(columns),
    )


def test_missing_readings_are_counted(units):
    """Each sensor's share, those never measured, and the share of all cells."""
    found = quality(units)

    assert found.missing_share["same where measured"] == 1 / 8
    assert found.missing_share["sound"] == 0
    assert found.never_measured == ("silent",)
    assert found.overall_missing_share == pytest.approx(10 / 56)


def test_constant_sensors_are_named(units):
    """One value whenever measured; a sensor that never was is another matter."""
    assert quality(units).constant == ("constant",)


def test_duplicates_are_named_with_what_they_repeat(units):
    """A scaled copy carries nothing new; a sensor measured in other units may."""
    assert quality(units).duplicate_of == {"scaled copy": "sound"}


def test_readings_far_outside_the_family_are_counted(units):
    """Beyond the median by more than 6 robust sigmas, 6 x IQR / 1.35: here 4.5 ± 15.6.

    A sensor whose quartiles agree has no limits.
    """
    shares = quality(units).out_of_family_share

    assert shares["one outlier"] == 1 / 8
    assert [shares[name] for name in units.sensors[:-1]] == [0] * 6


def test_size_and_period_are_told(units):
    """How many units and fails, when, and how many at the same moment."""
    found = quality(units)

    assert (found.n_units, found.n_fails, found.n_sensors, found.n_simultaneous) == (8, 1, 7, 1)
    assert found.first_measured_at == "2008-07-19T00:00:00"
    assert found.last_measured_at == "2008-07-19T00:00:06"


def test_it_can_be_written_as_json(units):
    """All values are plain, so that the report and the pipeline can pass them on."""
    written = json.loads(json.dumps(quality(units).to_json()))

    assert written["duplicate_of"] == {"scaled copy": "sound"}
    assert written["overall_missing_share"] == pytest.approx(10 / 56)


def test_a_headline_counts_sensors(units):
    """A list of data sets shows how many sensors have which fault."""
    assert quality(units).headline == {
        "missing_share": 0.1786,
        "never_measured": 1,
        "constant": 1,
        "duplicate": 1,
        "out_of_family": 1,
        "simultaneous_units": 1,
    }


def test_tiny_readings_are_compared_too(units):
    """Squares that vanish in float64 do not hide a sensor."""
    tiny = Units(
        readings=units.readings * 1e-200,
        is_fail=units.is_fail,
        measured_at=units.measured_at,
        source="a test",
        is_synthetic=True,
        sensors=units.sensors,
    )

    assert quality(tiny).duplicate_of == {"scaled copy": "sound"}


def test_no_units_is_an_error(units):
    """Nothing can be said about nothing."""
    with pytest.raises(EmptyWindowError, match="no units to summarise"):
        quality(units.window(slice(0, 0)))


def test_the_real_data_are_described(real_units):
    """SECOM as it is known: 4.5 % missing, 116 constant sensors, some exact repeats."""
    found = quality(real_units)

    assert found.overall_missing_share == pytest.approx(41_951 / (1567 * 590))
    assert len(found.constant) == 116
    assert found.duplicate_of["sensor_140"] == "sensor_004"
    assert found.n_simultaneous == 33
