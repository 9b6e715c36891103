"""Risks from raw scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from secom_core.calibration import Sigmoid, fit_sigmoid
from secom_core.errors import ConfigError, EvidenceError, OneClassError


@pytest.fixture
def window():
    """Raw scores of 300 units and their outcomes, the odds of a fail growing with the score."""
    generator = np.random.default_rng(3)
    raw = 40 + 5 * generator.normal(size=300)
    is_fail = generator.random(300) < 1 / (1 + np.exp(3 - 0.2 * (raw - 40)))
    return raw, is_fail


def test_sigmoid_is_the_likeliest_of_platts_smoothed_targets(window):
    """Scikit-learn's logistic regression on the smoothed targets finds the same two numbers."""
    raw, is_fail = window
    n_fails, n_passes = is_fail.sum(), (~is_fail).sum()
    target = np.where(is_fail, (n_fails + 1) / (n_fails + 2), 1 / (n_passes + 2))
    twice = np.concatenate([raw, raw])[:, np.newaxis]
    outcomes = np.repeat([1, 0], raw.size)
    oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(
        twice - 40, outcomes, sample_weight=np.concatenate([target, 1 - target])
    )

    sigmoid = fit_sigmoid(raw, is_fail)

    assert sigmoid.slope == pytest.approx(oracle.coef_[0, 0], rel=1e-5)
    assert sigmoid.intercept + 40 * sigmoid.slope == pytest.approx(oracle.intercept_[0], rel=1e-5)


def test_mean_risk_is_the_smoothed_share_of_fails(window):
    """Risks add up to the number of fails that were seen, but for the smoothing."""
    raw, is_fail = window

    risk = fit_sigmoid(raw, is_fail).risk(raw)

    assert risk.mean() == pytest.approx(is_fail.mean(), abs=0.005)


def test_a_weight_is_as_many_units(window):
    """Weighted units are calibrated like units that really repeat, but for the smoothing."""
    raw, is_fail = (np.tile(each, 20) for each in window)
    copies = np.random.default_rng(0).integers(1, 4, raw.size)

    weighted = fit_sigmoid(raw, is_fail, weight=1.0 * copies)
    copied = fit_sigmoid(np.repeat(raw, copies), np.repeat(is_fail, copies))

    assert weighted.slope == pytest.approx(copied.slope, rel=0.01)
    assert weighted.intercept == pytest.approx(copied.intercept, rel=0.01)


def test_only_ratios_of_weights_count(window):
    """Doubling all weights changes nothing, and equal ones are as good as none."""
    raw, is_fail = window
    uneven = np.where(np.arange(raw.size) % 2, 1.0, 7.0)

    assert fit_sigmoid(*window, weight=uneven) == fit_sigmoid(*window, weight=2 * uneven)
    assert fit_sigmoid(*window, weight=np.full(300, 4.0)) == fit_sigmoid(*window)
    assert fit_sigmoid(raw, is_fail, weight=uneven) != fit_sigmoid(raw, is_fail)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_mean_risk_is_the_share_of_fails_by_weight(window, share):
    """Smoothing takes from fails what it gives to passes, however unevenly they weigh."""
    raw, is_fail = window
    weight = np.where(is_fail, share / is_fail.sum(), (1 - share) / (~is_fail).sum())

    risk = fit_sigmoid(raw, is_fail, weight=weight).risk(raw)

    assert np.average(risk, weights=weight) == pytest.approx(share, abs=0.005)


def test_window_that_contradicts_the_ranking_does_not_reverse_it(window):
    """Calibrated on outcomes that are upside down, the risks are nearly flat, in the old order."""
    raw, is_fail = window

    risk = fit_sigmoid(-raw, is_fail).risk(-raw)

    assert np.array_equal(np.argsort(risk), np.argsort(-raw))
    assert np.ptp(risk) < 0.01
    assert risk.mean() == pytest.approx(is_fail.mean(), abs=0.005)


def test_window_that_the_scores_separate_has_a_finite_sigmoid():
    """Perfect scores on a small window do not make risks of 0 and 1."""
    raw, is_fail = np.arange(20.0), np.arange(20) >= 17

    risk = fit_sigmoid(raw, is_fail).risk(raw)

    assert 0.001 < risk.min() < risk.max() < 0.999


def test_equal_scores_all_get_the_share_of_fails():
    """A model that cannot tell units apart gives one risk: how often units fail."""
    raw = np.full(100, 0.1)

    risk = fit_sigmoid(raw, np.arange(100) < 7).risk(raw)

    assert risk == pytest.approx(0.07, abs=0.01)


@given(
    raw=st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=40),
    outcomes=st.integers(1, 2**40),
    scale=st.sampled_from([1e-9, 1.0, 1e9]),
)
def test_calibration_never_changes_the_order_of_units(raw, outcomes, scale):
    """Whatever the scores and outcomes, a higher score never has a lower risk."""
    raw = np.array(raw) * scale
    is_fail = np.array([outcomes >> bit & 1 for bit in range(raw.size)], dtype=bool)
    if is_fail.all() or not is_fail.any():
        return

    risk = fit_sigmoid(raw, is_fail).risk(np.sort(raw))

    assert np.all(np.diff(risk) >= 0)
    assert np.all((risk >= 0) & (risk <= 1))


def test_far_scores_have_risks_without_overflow():
    """Log odds of ±5,000 are sure risks, not warnings."""
    risk = Sigmoid(slope=1.0, intercept=0.0).risk(np.array([-5000.0, 0.0, 5000.0]))

    assert risk.tolist() == [0.0, 0.5, 1.0]


def test_calibration_without_fails_is_refused():
    """A window of passes says nothing about the risk of a fail."""
    with pytest.raises(OneClassError, match="got 5 and 0"):
        fit_sigmoid(np.arange(5.0), np.zeros(5, dtype=bool))


def test_scores_that_are_no_numbers_are_refused():
    """A NaN among the scores is counted and named, not averaged."""
    with pytest.raises(EvidenceError, match="1 of 3 raw scores"):
        fit_sigmoid(np.array([0.0, np.nan, 1.0]), np.array([True, False, False]))


@pytest.mark.parametrize("slope", [0.0, -1.0, np.nan, np.inf])
def test_sigmoid_that_would_reverse_or_erase_the_order_is_refused(slope):
    """Only a finite slope above 0 keeps the order of units."""
    with pytest.raises(ConfigError, match="slope > 0"):
        Sigmoid(slope=slope, intercept=0.0)
