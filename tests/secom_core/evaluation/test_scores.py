"""Figures without intervals, against scikit-learn and against counting."""

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import assume, given
from hypothesis import strategies as st

from secom_core import evaluation
from secom_core.errors import EmptyWindowError, EvidenceError, OneClassError

scored_units = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=40)


def _window(units):
    is_fail = np.array([fail for fail, _ in units])
    assume(is_fail.any() and not is_fail.all())
    return is_fail, np.array([eighth / 8 for _, eighth in units])


@given(units=scored_units)
def test_scores_agree_with_scikit_learn(units):
    """AUC, average precision and Brier loss, ties included, are scikit-learn's."""
    is_fail, risk = _window(units)

    assert evaluation.auc_score(is_fail, risk) == pytest.approx(oracle.roc_auc_score(is_fail, risk))
    assert evaluation.average_precision_score(is_fail, risk) == pytest.approx(
        oracle.average_precision_score(is_fail, risk)
    )
    assert evaluation.brier_loss(is_fail, risk) == pytest.approx(
        oracle.brier_score_loss(is_fail, risk)
    )


@given(units=scored_units, threshold=st.floats(0, 1))
def test_scores_of_flags_agree_with_scikit_learn(units, threshold):
    """F1 and accuracy are scikit-learn's, also when nothing is flagged."""
    is_fail, risk = _window(units)
    is_flagged = risk >= threshold

    assert evaluation.f1_score(is_fail, is_flagged) == pytest.approx(
        oracle.f1_score(is_fail, is_flagged)
    )
    assert evaluation.accuracy_score(is_fail, is_flagged) == pytest.approx(
        oracle.accuracy_score(is_fail, is_flagged)
    )


@given(units=scored_units, inspected=st.integers(0, 40), seed=st.integers(0, 2**32 - 1))
def test_capture_rate_is_what_picking_ties_at_random_catches_on_average(units, inspected, seed):
    """Breaking ties at random many times catches, on average, what the figure says."""
    is_fail, risk = _window(units)
    inspected = min(inspected, risk.size)
    generator = np.random.default_rng(seed)
    tie_breaks = generator.random((400, risk.size))
    orders = np.lexsort((tie_breaks, np.broadcast_to(-risk, tie_breaks.shape)))
    caught = is_fail[orders[:, :inspected]].sum(axis=1) / is_fail.sum()

    capture_rate = evaluation.capture_rate_at(is_fail, risk, inspected / risk.size)

    # Five standard errors of the mean of 400 tries, and never less than rounding.
    assert capture_rate == pytest.approx(caught.mean(), abs=max(5 * 0.5 / 20, 1e-9))


def test_capture_rate_counts_the_riskiest_units():
    """Among the riskiest 20 % of ten units is one of two fails."""
    risk = np.arange(10) / 10
    is_fail = np.isin(np.arange(10), [2, 9])

    assert evaluation.capture_rate_at(is_fail, risk, 0.2) == 0.5
    assert evaluation.capture_rate_at(is_fail, risk, 0.0) == 0.0
    assert evaluation.capture_rate_at(is_fail, risk, 1.0) == 1.0


def test_equal_risks_rank_like_blind_guessing():
    """One risk for all units: AUC .5, and inspecting a fifth catches a fifth."""
    is_fail, risk = np.arange(50) < 4, np.full(50, 0.1)

    assert evaluation.auc_score(is_fail, risk) == 0.5
    assert evaluation.capture_rate_at(is_fail, risk, 0.2) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("is_fail", "risk", "error", "complaint"),
    [
        ([], [], EmptyWindowError, "got none"),
        ([True, False], [0.1], EvidenceError, "one risk per unit"),
        ([True, False], [0.1, np.nan], EvidenceError, "1 of 2 risks"),
        ([False, False], [0.1, 0.2], OneClassError, "got 2 and 0"),
        ([True, True], [0.1, 0.2], OneClassError, "got 0 and 2"),
    ],
)
def test_windows_that_carry_no_evidence_are_refused(is_fail, risk, error, complaint):
    """What is missing is named."""
    with pytest.raises(error, match=complaint):
        evaluation.auc_score(np.array(is_fail, dtype=bool), np.array(risk))


def test_raw_scores_have_no_brier_loss():
    """A score outside [0, 1] is no risk, and calibrating it is the advice."""
    with pytest.raises(EvidenceError, match="Calibrate raw scores first"):
        evaluation.brier_loss(np.array([True, False]), np.array([1.5, 0.2]))
