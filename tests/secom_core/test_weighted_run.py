"""A run on units of which few stand for many: everything that learns or judges heeds it."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from secom_core import bundle, training
from secom_core.calibration import fit_sigmoid
from secom_core.config import TrainingConfig
from secom_core.drift import fit_reference
from secom_core.evaluation import auc_figure, auc_lower_bound, auc_score, figures
from secom_core.hindsight import look_back
from secom_core.judgement import judge, roc_points
from secom_core.selection import Choice, Comparison, choose, compare
from secom_core.windows import timeline

QUICK = TrainingConfig(search="quick")


@pytest.fixture(scope="module")
def weighted(narrow):
    """One in five units stands for ten."""
    return replace(narrow, weight=np.where(np.arange(len(narrow)) % 5 == 0, 10.0, 1.0))


@pytest.fixture(scope="module")
def cuts(narrow):
    """The windows of the run."""
    return timeline(len(narrow), QUICK.shares)


@pytest.fixture(scope="module")
def fitted(weighted):
    """A logistic regression, fitted without a search."""
    return training.fit_contender("logistic", weighted, QUICK)


@pytest.fixture(scope="module")
def challenger(fitted, tmp_path_factory):
    """Its bundle."""
    folder = tmp_path_factory.mktemp("weighted") / "bundle"
    bundle.write(fitted.parts, folder)
    return bundle.read(folder)


@pytest.fixture(scope="module")
def comparison(fitted):
    """It was chosen."""
    choice = Choice(family="logistic", best_searched="logistic", probability_better=1.0, reason="")
    return Comparison(choice=choice, evidence=(fitted.evidence,))


@pytest.fixture
def judged(challenger, comparison, store, tmp_path):
    """Judge it on units with the weights given."""

    def _judged(units):
        return judge(challenger, comparison, units, QUICK, store=store, scratch=tmp_path)

    return _judged


def test_evidence_is_weighed(weighted, cuts, fitted):
    """The figures on which families are compared are those of the line."""
    seen = weighted.window(cuts.compared)
    risk = fitted.evidence.risk

    assert fitted.evidence.figures == figures(seen.is_fail, risk, seed=0, weight=seen.weight)
    assert fitted.evidence.figures != figures(seen.is_fail, risk, seed=0)


def test_risks_are_calibrated_by_weight(weighted, cuts, fitted):
    """The sigmoid is the one that the calibration window gives with its weights."""
    calibration, sigmoid = weighted.window(cuts.calibration), fitted.evidence.sigmoid
    risk = fitted.evidence.risk[-len(calibration) :]
    raw = (np.log(risk) - np.log1p(-risk) - sigmoid.intercept) / sigmoid.slope

    expected, plain = (
        fit_sigmoid(raw, calibration.is_fail, weight=each) for each in (calibration.weight, None)
    )

    assert astuple(sigmoid) == pytest.approx(astuple(expected), rel=1e-6)
    assert astuple(sigmoid) != pytest.approx(astuple(plain), rel=1e-2)


def test_operating_point_is_weighed_and_its_units_are_counted(weighted, cuts, fitted):
    """The lab's capacity is a share of the line, not of those that were looked at."""
    calibration = weighted.window(cuts.calibration)
    flagged = fitted.parts.operating_point.flags(fitted.evidence.risk[-len(calibration) :])

    rate = np.average(flagged, weights=calibration.weight)

    point = fitted.parts.operating_point
    assert point.inspection_rate == pytest.approx(rate)
    assert rate <= 0.2 < flagged.mean() + 0.1
    assert point.n_units == len(calibration)


def test_drift_is_judged_against_what_the_line_reads(weighted, cuts, fitted):
    """Reference and risks are of stand-ins: the monitor compares them with all units."""
    fit, calibration = weighted.window(cuts.fit), weighted.window(cuts.calibration)
    parts = fitted.parts
    risk = bundle.risk_of(bundle.open_session(parts.model), calibration.readings)

    expected = fit_reference(fit.readings[fit.stand_ins])

    np.testing.assert_array_equal(parts.reference.sorted_readings, expected.sorted_readings)
    np.testing.assert_array_equal(parts.drift_basis.calibration_risk, risk[calibration.stand_ins])


def test_card_counts_units(weighted, cuts, fitted):
    """What a bundle has seen are units, whatever they stand for; its data include weights."""
    seen = weighted.window(cuts.development)

    card = fitted.parts.card

    assert (card.n_units, card.n_fails) == (len(seen), seen.is_fail.sum())
    assert card.data_digest == seen.digest != replace(seen, weight=None).digest


def test_doubling_all_weights_gives_the_same_bundle_but_for_the_datas_name(weighted, fitted):
    """Only ratios matter, down to the last byte of the model."""
    doubled = training.fit_contender(
        "logistic", replace(weighted, weight=2 * weighted.weight), QUICK
    ).parts

    assert doubled.model == fitted.parts.model
    assert doubled.operating_point == fitted.parts.operating_point
    assert doubled.card == replace(fitted.parts.card, data_digest=doubled.card.data_digest)
    for found, expected in zip(
        astuple(doubled.reference), astuple(fitted.parts.reference), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_weights_of_the_holdout_are_in_no_bundle(weighted, cuts, fitted, tmp_path):
    """How likely the gate's units were looked at is as unknown to a challenger as they are."""
    weight = weighted.weight.copy()
    weight[cuts.holdout] = 3.0
    other = training.fit_contender("logistic", replace(weighted, weight=weight), QUICK)

    names = [
        bundle.write(each.parts, tmp_path / each.evidence.family / str(number))
        for number, each in enumerate((fitted, other))
    ]

    assert names[0] == names[1]


def test_families_are_compared_by_weight(weighted, cuts, fitted):
    """Which family goes to the gate is decided on the line."""
    noise = 0.05 * np.random.default_rng(0).random(fitted.evidence.risk.size)
    rival = replace(fitted.evidence, family="reference", risk=fitted.evidence.risk + noise)
    evidence, seen = [fitted.evidence, rival], weighted.window(cuts.compared)

    found = compare(evidence, weighted, QUICK).choice

    assert found == choose(evidence, seen.is_fail, seed=0, weight=seen.weight)
    assert found != choose(evidence, seen.is_fail, seed=0)


def test_gate_measures_by_weight_and_says_so(weighted, cuts, judged, comparison):
    """AUC, its bound and the inspection rate are the line's; the reasons tell the reader."""
    found = judged(weighted)
    holdout, seen = weighted.window(cuts.holdout), weighted.window(cuts.compared)
    is_fail = np.concatenate([seen.is_fail, holdout.is_fail])
    risk = np.concatenate([comparison.chosen.risk, found.risk])
    weight = np.concatenate([seen.weight, holdout.weight])

    verdict = found.verdict
    assert verdict.holdout == holdout.digest
    assert verdict.signal.auc == auc_figure(is_fail, risk, seed=0, weight=weight)
    assert verdict.signal.holdout_auc == auc_figure(
        holdout.is_fail, found.risk, seed=0, weight=holdout.weight
    )
    assert verdict.signal.auc_lower_bound == auc_lower_bound(
        is_fail, risk, level=verdict.signal.level, seed=0, weight=weight
    )
    rate = np.average(found.flagged, weights=holdout.weight)
    assert verdict.inspection_rate == pytest.approx(rate)
    assert rate != found.flagged.mean()
    assert "AUCs and rates are weighted" in verdict.reasons[-1]


def test_gate_says_nothing_of_weights_where_there_are_none(weighted, judged):
    """Who has no weights need not read about them."""
    found = judged(replace(weighted, weight=None))

    assert "weighted" not in " ".join(found.verdict.reasons)


def test_roc_of_the_holdout_is_weighed(weighted, cuts, judged):
    """The area under what is traced is the weighted AUC."""
    holdout = weighted.window(cuts.holdout)
    found = judged(weighted)

    overkill, capture, _ = roc_points(found, weighted, QUICK)

    area = np.trapezoid(capture, overkill)
    assert area == pytest.approx(auc_score(holdout.is_fail, found.risk, weight=holdout.weight))


def test_hindsight_is_weighed(weighted, cuts, fitted):
    """Figures after the verdict compare with those before it."""
    found = look_back(fitted.evidence, weighted, QUICK, n_threads=1)

    later = weighted.window(slice(cuts.compared.start, None))
    assert found.temporal == figures(
        later.is_fail, found.temporal_risk, seed=0, weight=later.weight
    )
    assert found.shuffled.brier_of_fail_share == pytest.approx(
        np.average(weighted.is_fail, weights=weighted.weight)
        * (1 - np.average(weighted.is_fail, weights=weighted.weight))
    )
