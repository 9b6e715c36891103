from dataclasses import replace

import numpy as np
import pytest

from secom_core.errors import InfiniteReadingError
from secom_core.evidence import REFERENCE
from secom_core.explain import effects


@pytest.fixture(params=["logistic", REFERENCE])
def judged(request, bundles):
    """A bundle without trees, and one with."""
    return bundles[request.param]


@pytest.fixture
def medians(judged):
    """Of the window that the bundle was fitted on."""
    return judged.reference.median


def slow_effects(judged, readings, medians):
    """One unit, one sensor at a time."""
    found = np.empty((len(readings), len(judged.sensors_read)))
    for row, unit in enumerate(readings):
        for column, sensor in enumerate(judged.sensors_read):
            changed = unit.copy()
            changed[sensor] = medians[sensor]
            as_read = judged.judge(unit[np.newaxis]).risk[0]
            found[row, column] = as_read - judged.judge(changed[np.newaxis]).risk[0]
    return found


def test_effects_are_those_of_putting_one_sensor_at_its_median(twin, judged, medians):
    """Fast and slow agree to the last bit."""
    readings = twin.readings[:15]

    found = effects(judged, readings, medians)

    np.testing.assert_array_equal(found, slow_effects(judged, readings, medians))
    assert np.abs(found).max() > 0.01


def test_effects_do_not_depend_on_how_many_units_are_asked_at_once(twin, judged, medians):
    """Units are scored in chunks; where one ends makes no difference."""
    together = effects(judged, twin.readings, medians)

    apart = [effects(judged, unit[np.newaxis], medians)[0] for unit in twin.readings[::25]]

    np.testing.assert_array_equal(together[::25], apart)


def test_sensor_that_was_not_measured_has_no_effect(twin, judged, medians):
    """A missing reading is taken for the median, so that putting it there changes nothing."""
    readings = twin.readings[:10].copy()
    silent = judged.sensors_read[::2]
    readings[:, silent] = np.nan

    found = effects(judged, readings, medians)

    assert np.abs(found[:, ::2]).max() < 1e-12
    assert np.abs(found[:, 1::2]).max() > 0


def test_reading_that_raises_the_risk_has_an_effect_above_zero(twin, judged, medians):
    """Of a unit that is average in all but one sensor, that sensor has the whole effect."""
    readings = np.tile(medians, (2, 1))
    at_median = judged.judge(readings[:1]).risk[0]
    read = judged.sensors_read[0]
    readings[0, read], readings[1, read] = (
        np.nanmin(twin.readings[:, read]),
        np.nanmax(twin.readings[:, read]),
    )

    found = effects(judged, readings, medians)

    expected = judged.judge(readings).risk - at_median
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-15)
    assert not found[:, 1:].any()


def test_no_units_have_no_effects(judged, medians):
    """An empty table gives an empty answer of the right width."""
    found = effects(judged, np.empty((0, 590)), medians)

    assert found.shape == (0, len(judged.sensors_read))


def test_bundle_that_reads_nothing_has_no_effects(twin, judged, medians):
    """A model that turned out constant explains nothing, without an error."""
    constant = replace(judged, sensors_read=())

    assert effects(constant, twin.readings[:5], medians).shape == (5, 0)


def test_readings_that_break_the_contract_are_refused(twin, judged, medians):
    """As where they are judged."""
    readings = twin.readings[:2].copy()
    readings[1, 3] = np.inf

    with pytest.raises(InfiniteReadingError, match="sensor_003 of unit 1"):
        effects(judged, readings, medians)
