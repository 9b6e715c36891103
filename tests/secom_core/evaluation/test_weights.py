"""Units that stand for more than themselves."""

import dataclasses

import numpy as np
import pytest

from secom_core import evaluation
from secom_core.errors import EvidenceError
from secom_core.evaluation import (
    auc_figure,
    auc_lower_bound,
    auc_score,
    capture_rate_at,
    curves,
    figures,
    flag_figures,
    probability_better,
    reliability_curve,
)
from secom_core.evaluation.bootstrap import resamples
from secom_core.evaluation.reliability import n_effective, wilson_interval

THRESHOLD = 0.15


@pytest.fixture(scope="module")
def copies(window):
    """How often each unit of the window is taken: 1 to 3 times."""
    return np.random.default_rng(1).integers(1, 4, window[0].size)


def values(found):
    """The values of all figures, without intervals."""
    fields = dataclasses.asdict(found)
    fields |= fields.pop("flagged") or {}
    fields = {name: each for name, each in fields.items() if not name.startswith("n_")}
    return {
        name: each["value"] if isinstance(each, dict) else each for name, each in fields.items()
    }


def test_a_weight_is_as_many_units(window, copies):
    """Every figure of weighted units is that of a window in which they really repeat."""
    repeated = [np.repeat(each, copies) for each in window]

    weighted = figures(*window, seed=0, n_resamples=2, threshold=THRESHOLD, weight=1.0 * copies)
    copied = figures(*repeated, seed=0, n_resamples=2, threshold=THRESHOLD)

    assert values(weighted) == pytest.approx(values(copied), rel=1e-6)
    assert (weighted.n_units, copied.n_units) == (1000, copies.sum())


def test_curves_of_weighted_units_are_those_of_as_many(window, copies):
    """ROC and capture run where they run for units that repeat."""
    repeated = [np.repeat(each, copies) for each in window]

    weighted = curves(*window, seed=0, n_resamples=2, weight=1.0 * copies)
    copied = curves(*repeated, seed=0, n_resamples=2)

    np.testing.assert_allclose(weighted.roc.value, copied.roc.value, atol=1e-12)
    np.testing.assert_allclose(weighted.capture.value, copied.capture.value, atol=1e-12)


def test_fractions_of_units_weigh_as_much_as_their_ratios(window, copies):
    """Weights far below 1 say the same as those far above."""
    small, large = (
        [
            evaluation.auc_score(*window, weight=copies * scale),
            *(capture_rate_at(*window, rate, weight=copies * scale) for rate in (0.001, 0.2)),
            figures(*window, seed=0, n_resamples=2, weight=copies * scale).average_precision.value,
        ]
        for scale in (1e-6, 1e6)
    )

    assert small == pytest.approx(large, rel=1e-9)


def test_light_units_in_front_have_their_precision():
    """A fail that stands for a hundredth of what the next pass does is ranked without a mistake."""
    is_fail, risk = np.array([True, False, True]), np.array([0.9, 0.5, 0.1])

    found = figures(is_fail, risk, seed=0, n_resamples=2, weight=np.array([1.0, 100.0, 100.0]))

    assert found.average_precision.value == pytest.approx((1 * 1 + 100 * 101 / 201) / 101)


def judged(window, weight):
    """Everything that is measured, with all that is drawn at random."""
    is_fail, risk = window
    rival = np.roll(risk, 1)
    curve = reliability_curve(is_fail, risk, weight=weight)
    return (
        figures(is_fail, risk, seed=0, n_resamples=200, threshold=THRESHOLD, weight=weight),
        auc_figure(is_fail, risk, seed=0, n_resamples=200, weight=weight),
        auc_lower_bound(is_fail, risk, level=0.025, seed=0, weight=weight),
        probability_better(is_fail, risk, rival, level=0.1, seed=0, weight=weight),
        [getattr(curve, field.name).tolist() for field in dataclasses.fields(curve)],
    )


def test_doubling_all_weights_changes_nothing(window, copies):
    """Only ratios matter: twice as much weight everywhere is no more evidence."""
    assert judged(window, 1.0 * copies) == judged(window, 2.0 * copies)


def test_units_that_weigh_alike_need_no_weights(window):
    """With equal weights every figure and interval is the same to the last bit as without."""
    assert judged(window, np.full(1000, 4.0)) == judged(window, None)


def test_resamples_draw_units_and_weigh_them(window, copies):
    """A resample takes units as without weights, and each then counts by its own."""
    is_fail, _ = window

    drawn, weighted = (
        next(resamples(is_fail, n_resamples=5, seed=0, weight=weight)) for weight in (None, copies)
    )

    np.testing.assert_allclose(weighted, drawn * copies / copies.mean())


def test_intervals_of_weighted_units_cover_the_truth():
    """Where a fifth of what is not flagged is looked at, 95 % of intervals hold the true AUC.

    Some two dozen fails then stand for half of all; with three, it would be 77 % of intervals.
    """
    truth = 0.7602  # of two normal distributions one standard deviation apart
    covered = 0
    for world in range(200):
        generator = np.random.default_rng(world)
        is_fail = np.arange(4000) < 240
        risk = generator.normal(size=4000) + is_fail
        is_flagged = risk > 1
        seen = is_flagged | (generator.random(4000) < 0.2)
        weight = np.where(is_flagged, 1.0, 5.0)[seen]
        found = auc_figure(is_fail[seen], risk[seen], seed=0, n_resamples=200, weight=weight)
        covered += found.low <= truth <= found.high

    assert 0.9 < covered / 200 < 0.99


def test_model_that_is_better_where_nobody_looked_is_found_better(window):
    """Which of two models ranks better may turn on the units that stand for many."""
    is_fail, risk = window
    is_seldom = np.arange(1000) % 4 == 0
    noise = np.random.default_rng(0).random(1000)
    good_on_many, good_on_few = np.where(is_seldom, noise, risk), np.where(is_seldom, risk, noise)

    def probability(weight):
        return probability_better(
            is_fail, good_on_few, good_on_many, level=0.1, seed=0, weight=weight
        )

    assert probability(None) < 0.5 < probability(np.where(is_seldom, 50.0, 1.0))


def test_flags_are_counted_by_weight(window):
    """The inspection rate is of the units that those looked at stand for."""
    is_fail, risk = window
    is_flagged = risk >= THRESHOLD
    weight = np.where(is_flagged, 1.0, 9.0)

    found = flag_figures(is_fail, is_flagged, seed=0, n_resamples=2, weight=weight)

    expected = is_flagged.sum() / weight.sum()
    assert found.inspection_rate.value == pytest.approx(expected)


def test_curve_of_weighted_units_has_their_shares_and_the_interval_of_fewer(window, copies):
    """Foretold and seen are weighted means; the interval is that of the effective number."""
    is_fail, risk = window
    curve = reliability_curve(is_fail, risk, n_bins=1, weight=1.0 * copies)
    share = np.average(is_fail, weights=copies)
    low, high = wilson_interval(np.array([share]), np.array([n_effective(copies)]))

    assert curve.fail_share == pytest.approx(share)
    assert curve.risk == pytest.approx(np.average(risk, weights=copies))
    assert (curve.low, curve.high) == (pytest.approx(low), pytest.approx(high))
    assert curve.n_units.tolist() == [1000]
    assert n_effective(copies) < 1000


def test_another_number_of_weights_is_refused(window):
    """Weights are not spread over units by guessing."""
    with pytest.raises(EvidenceError, match=r"one weight per unit \(1000\), got \(3,\)"):
        auc_score(*window, weight=np.ones(3))
