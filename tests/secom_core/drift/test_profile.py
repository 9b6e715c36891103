"""How sensors read in the window that a bundle is fitted on."""

import numpy as np
import pytest

from secom_core.drift import fit_reference
from secom_core.errors import EmptyWindowError


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


def test_window_without_units_is_refused():
    """No unit, no profile."""
    with pytest.raises(EmptyWindowError):
        fit_reference(np.empty((0, 1)))
