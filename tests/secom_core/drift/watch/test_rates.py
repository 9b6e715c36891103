"""False alarms and detection, as the benchmark measures them but on few draws."""

import numpy as np
import pytest

from secom_core import dataset
from secom_core.drift.watch import Scored
from tests.benchmarks.drift_rates import Rate, detection, false_alarms, shiftable


@pytest.fixture(scope="module")
def made_up():
    """1,567 made-up units of 590 sensors, each with a risk that shuffling leaves it."""
    units = dataset.twin()
    risk = np.random.default_rng(0).random(len(units))
    return Scored(
        readings=units.readings, risk=risk, flagged=risk >= 0.8, scored_at=units.measured_at
    )


def test_shuffled_units_raise_no_alarm(made_up):
    """Of 590 sensors none drifts where nothing does, and neither do the risks."""
    found = false_alarms(made_up, n_draws=12)

    assert [found[alert].n for alert in ("any sensor drifts", "risks drift")] == [0, 0]


def test_full_memory_raises_no_alarm(made_up):
    """Nor do five windows in a row, against a smaller reference."""
    assert false_alarms(made_up, n_draws=6, n_reference=567)["any sensor drifts"].n == 0


def test_half_a_sigma_is_found_after_two_windows(made_up):
    """All of five sensors are listed, whichever they are."""
    columns = shiftable(made_up.readings, max_missing_share=0.5)

    assert detection(made_up, columns, n_draws=8).n >= 7


def test_nothing_is_found_where_nothing_was_shifted(made_up, monkeypatch):
    """Detection counts shifts, not luck."""
    monkeypatch.setattr("tests.benchmarks.drift_rates._SIGMAS", 0.0)

    assert detection(made_up, np.arange(590), n_draws=3).n == 0


def test_rate_carries_its_interval():
    """No alarm in 200 draws means fewer than one in 50 windows, not none."""
    low, high = Rate(0, 200).interval

    assert low == 0
    assert high == pytest.approx(0.0188, abs=1e-4)
