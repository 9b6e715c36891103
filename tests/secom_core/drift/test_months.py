"""How far sensors had moved by month."""

import numpy as np
import pytest

from secom_core.drift import LARGE, drift_by_month, fit_reference


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
