"""Calibration slope and curve."""

from statistics import NormalDist

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from secom_core.evaluation import reliability_curve
from secom_core.evaluation.bootstrap import resamples
from secom_core.evaluation.reliability import calibration_slopes, wilson_interval


def _slope(is_fail, risk):
    return calibration_slopes(np.ones((1, is_fail.size)), is_fail, risk)[0]


def test_slopes_are_those_of_a_logistic_regression_on_the_log_odds(window):
    """Scikit-learn, fitted once per resample with weights, finds the same slopes."""
    is_fail, risk = window
    weights = next(resamples(is_fail, n_resamples=10, seed=0))
    log_odds = np.log(risk / (1 - risk))[:, np.newaxis]

    slopes = calibration_slopes(weights, is_fail, risk)

    for row, slope in zip(weights, slopes, strict=True):
        oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
        oracle.fit(log_odds, is_fail, sample_weight=row)
        assert slope == pytest.approx(oracle.coef_[0, 0], rel=1e-3)


def test_bold_risks_have_a_slope_below_one():
    """Log odds doubled are twice too bold: their slope is half that of honest risks."""
    generator = np.random.default_rng(0)
    log_odds = generator.normal(-2, 1, 20_000)
    is_fail = generator.random(20_000) < 1 / (1 + np.exp(-log_odds))

    assert _slope(is_fail, 1 / (1 + np.exp(-log_odds))) == pytest.approx(1, abs=0.06)
    assert _slope(is_fail, 1 / (1 + np.exp(-2 * log_odds))) == pytest.approx(0.5, abs=0.03)


def test_curve_puts_foretold_beside_seen(window):
    """Each of ten bins holds a tenth of the units, with their mean risk and share of fails."""
    is_fail, risk = window
    generator = np.random.default_rng(0)
    risk = risk + generator.random(risk.size) * 1e-6  # without ties, bins are equal

    curve = reliability_curve(is_fail, risk)

    order = np.argsort(risk).reshape(10, 100)
    assert curve.n_units.tolist() == [100] * 10
    assert curve.risk == pytest.approx(risk[order].mean(axis=1))
    assert curve.fail_share == pytest.approx(is_fail[order].mean(axis=1))
    assert np.all((curve.low <= curve.fail_share) & (curve.fail_share <= curve.high))


def test_tied_risks_share_a_bin():
    """One risk for all units makes one point, not ten on top of each other."""
    curve = reliability_curve(np.arange(50) < 4, np.full(50, 0.1))

    assert curve.n_units.tolist() == [50]
    assert curve.fail_share.tolist() == [0.08]


@pytest.mark.parametrize(("share", "n_units"), [(0.0, 10), (0.3, 20), (1.0, 5)])
def test_interval_of_a_share_inverts_the_score_test(share, n_units):
    """At either end of the interval, the share seen is 1.96 standard errors away, or at 0 or 1."""
    low, high = wilson_interval(np.array([share]), np.array([n_units]))

    for end in (low[0], high[0]):
        error = np.sqrt(end * (1 - end) / n_units)
        assert abs(share - end) == pytest.approx(NormalDist().inv_cdf(0.975) * error, abs=1e-9)
