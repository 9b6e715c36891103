"""All figures of a window with their intervals."""

import json
import time

import numpy as np
import pytest

from secom_core import evaluation
from secom_core.errors import EvidenceError, OneClassError
from secom_core.evaluation import Figure, Figures, figures, flag_figures


@pytest.fixture(scope="module")
def found(window):
    """All figures of the window, flagging at a risk of .15."""
    return figures(*window, seed=0, threshold=0.15)


def test_values_are_those_of_the_window_itself(window, found):
    """Resampling gives the intervals; the values are the plain figures."""
    is_fail, risk = window
    is_flagged = risk >= 0.15

    assert found.auc.value == pytest.approx(evaluation.auc_score(is_fail, risk))
    assert found.average_precision.value == pytest.approx(
        evaluation.average_precision_score(is_fail, risk)
    )
    assert found.brier.value == pytest.approx(evaluation.brier_loss(is_fail, risk))
    for rate, capture in [
        (0.05, found.capture_at_5),
        (0.10, found.capture_at_10),
        (0.20, found.capture_at_20),
    ]:
        assert capture.value == pytest.approx(evaluation.capture_rate_at(is_fail, risk, rate))
    assert found.flagged.f1.value == pytest.approx(evaluation.f1_score(is_fail, is_flagged))
    assert found.flagged.accuracy.value == pytest.approx(
        evaluation.accuracy_score(is_fail, is_flagged)
    )
    assert found.flagged.inspection_rate.value == pytest.approx(is_flagged.mean())
    assert found.flagged.capture_rate.value == pytest.approx(is_flagged[is_fail].mean())


def test_intervals_are_those_of_copied_units(window, found):
    """A slow bootstrap that copies units and calls the plain figures finds like intervals."""
    is_fail, risk = window
    generator = np.random.default_rng(99)
    fails, passes = np.flatnonzero(is_fail), np.flatnonzero(~is_fail)
    slow = {"auc": [], "average_precision": [], "capture_at_20": [], "brier": []}
    for _ in range(400):
        drawn = np.concatenate([generator.choice(kind, kind.size) for kind in (fails, passes)])
        units = is_fail[drawn], risk[drawn]
        slow["auc"].append(evaluation.auc_score(*units))
        slow["average_precision"].append(evaluation.average_precision_score(*units))
        slow["capture_at_20"].append(evaluation.capture_rate_at(*units, 0.2))
        slow["brier"].append(evaluation.brier_loss(*units))

    for name, drawn in slow.items():
        figure = getattr(found, name)
        width = figure.high - figure.low
        assert [figure.low, figure.high] == pytest.approx(
            np.quantile(drawn, [0.025, 0.975]), abs=0.12 * width
        )


def test_what_must_be_read_beside_is_there(window, found):
    """How accurate passing everything is, and the loss of one risk for all, are stated."""
    is_fail, _ = window
    share = is_fail.mean()

    assert found.flagged.accuracy_of_passing_everything == pytest.approx(1 - share)
    assert found.brier_of_fail_share == pytest.approx(
        evaluation.brier_loss(is_fail, np.full(1000, share))
    )


def test_same_seed_same_figures(window, found):
    """Figures are reproduced to the last digit by their seed, and by no other."""
    assert figures(*window, seed=0, threshold=0.15) == found
    assert figures(*window, seed=1, threshold=0.15).auc != found.auc


def test_figures_survive_json(found):
    """Written as JSON and read again, nothing has changed, with flags or without."""
    without = figures(np.array([True, False]), np.array([0.6, 0.4]), seed=0, n_resamples=10)

    for each in (found, without):
        assert Figures.from_json(json.loads(json.dumps(each.to_json()))) == each


def test_two_thousand_resamples_of_a_thousand_units_take_under_a_second(window):
    """All figures together are quick enough to be computed for every family."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        figures(*window, seed=0, threshold=0.15)
        spent.append(time.process_time() - started)

    assert min(spent) <= 1.0


def test_equal_risks_have_figures(window):
    """A model that says nothing has an AUC of .5 exactly and a calibration slope of 0."""
    is_fail, _ = window

    found = figures(is_fail, np.full(1000, 0.07), seed=0, n_resamples=50, threshold=0.5)

    assert found.auc == Figure(0.5, 0.5, 0.5)
    assert found.calibration_slope.high == pytest.approx(0.0)
    assert found.flagged.f1 == Figure(0.0, 0.0, 0.0)


def test_sure_and_perfect_risks_have_finite_figures(window):
    """Risks of 0 and 1 that are right have no finite slope; a large one stands for it."""
    is_fail, _ = window

    found = figures(is_fail, is_fail.astype(float), seed=0, n_resamples=50)

    assert np.isfinite(found.calibration_slope.high)
    assert found.auc == Figure(1.0, 1.0, 1.0)


def test_raw_scores_have_no_figures(window):
    """Scores outside [0, 1] must be calibrated first, and the message says so."""
    is_fail, risk = window

    with pytest.raises(EvidenceError, match="Calibrate raw scores first"):
        figures(is_fail, risk * 10, seed=0)


def test_flags_without_fails_have_no_figures():
    """A capture rate needs fails."""
    with pytest.raises(OneClassError):
        flag_figures(np.zeros(5, dtype=bool), np.ones(5, dtype=bool), seed=0)
