"""Resamples: stratified, seeded, and the same as copying units."""

import numpy as np
import pytest

from secom_core.evaluation import auc_score
from secom_core.evaluation.bootstrap import as_figure, resamples, with_intervals
from secom_core.evaluation.sweep import Ranking, auc


def test_each_resample_has_as_many_fails_and_passes_as_the_window(window):
    """Fails are drawn from fails and passes from passes, whole units at a time."""
    is_fail, _ = window

    weights = np.concatenate(list(resamples(is_fail, n_resamples=300, seed=1)))

    assert weights.shape == (300, 1000)
    assert set(weights[:, is_fail].sum(axis=1)) == {is_fail.sum()}
    assert set(weights[:, ~is_fail].sum(axis=1)) == {(~is_fail).sum()}
    assert np.array_equal(weights, np.round(weights))


def test_each_unit_is_drawn_once_on_average(window):
    """No unit is favoured: its mean weight is 1 and its variance that of a bootstrap."""
    is_fail, _ = window

    weights = np.concatenate(list(resamples(is_fail, n_resamples=4000, seed=1)))

    assert weights.mean(axis=0) == pytest.approx(1, abs=0.08)
    assert weights.var() == pytest.approx(1, abs=0.02)


def test_weighing_units_is_copying_them(window):
    """A figure of weights equals the same figure of a window in which units really repeat."""
    is_fail, risk = window
    weights = next(resamples(is_fail, n_resamples=20, seed=5))

    by_weight = auc(Ranking(is_fail, risk).sweep(weights))

    for row, value in zip(weights.astype(int), by_weight, strict=True):
        assert value == pytest.approx(auc_score(np.repeat(is_fail, row), np.repeat(risk, row)))


def test_seed_decides_the_resamples(window):
    """The same seed draws the same resamples, another seed others."""
    is_fail, _ = window

    first, again, other = (next(resamples(is_fail, n_resamples=5, seed=seed)) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_intervals_cover_the_truth_as_often_as_they_claim():
    """Of 300 windows from one line, about 95 % have an interval that holds the line's true AUC."""
    truth = 0.7602  # of two normal distributions one standard deviation apart
    covered = 0
    for world in range(300):
        generator = np.random.default_rng(world)
        is_fail = np.arange(300) < 30
        ranking = Ranking(is_fail, generator.normal(size=300) + is_fail)
        found = with_intervals(
            lambda weights, ranking=ranking: {"auc": auc(ranking.sweep(weights))},
            is_fail,
            seed=0,
            n_resamples=400,
        )["auc"]
        covered += found.low <= truth <= found.high

    assert 0.91 <= covered / 300 <= 0.98


def test_figure_reads_as_value_and_interval():
    """People see three digits and brackets."""
    figure = as_figure(0.5, np.linspace(0, 1, 1001))

    assert str(figure) == "0.500 [0.025, 0.975]"
