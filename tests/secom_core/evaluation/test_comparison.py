"""Whether a model is better than guessing, or than another."""

import numpy as np
import pytest

from secom_core.evaluation import auc_lower_bound, figures, probability_better
from secom_core.evaluation.bootstrap import resamples
from secom_core.evaluation.comparison import n_resamples_for
from secom_core.evaluation.sweep import Ranking, auc


@pytest.fixture
def noise(window):
    """Risks that know nothing of the window's outcomes."""
    is_fail, _ = window
    return np.random.default_rng(7).random(is_fail.size)


def test_bound_at_the_usual_level_is_the_lower_end_of_the_interval(window):
    """A one-sided bound at .025 is where the 95 % interval begins."""
    low = figures(*window, seed=0).auc.low

    assert auc_lower_bound(*window, level=0.025, seed=0) == pytest.approx(low, abs=1e-3)


def test_bound_sinks_with_the_level(window):
    """Who asks for more certainty gets a lower bound."""
    bounds = [auc_lower_bound(*window, level=level, seed=0) for level in (0.1, 0.025, 0.003)]

    assert bounds == sorted(bounds, reverse=True)
    assert len(set(bounds)) == 3


def test_bound_of_noise_is_below_guessing(window, noise):
    """Stopping early changes how exact the bound is, not on which side of .5 it lies."""
    is_fail, _ = window

    assert auc_lower_bound(is_fail, noise, level=1e-6, seed=0) <= 0.5


@pytest.mark.parametrize(("level", "expected"), [(0.1, 2000), (0.025, 2000), (0.025 / 8, 16_000)])
def test_small_levels_get_enough_resamples(level, expected):
    """Fifty resamples are expected beyond the level, or 2,000 are drawn."""
    assert n_resamples_for(level) == expected


def test_better_model_is_probably_better(window, noise):
    """Risks that rank units beat noise, and noise does not beat them."""
    is_fail, risk = window

    assert probability_better(is_fail, risk, noise, level=0.1, seed=0) > 0.99
    assert probability_better(is_fail, noise, risk, level=0.1, seed=0) < 0.01


def test_equal_models_are_not_better_than_each_other(window):
    """A tie is not better, and neither is a change that moves no rank."""
    is_fail, risk = window

    assert probability_better(is_fail, risk, risk, level=0.1, seed=0) == 0.0
    assert probability_better(is_fail, risk / 2, risk, level=0.1, seed=0) == 0.0


def test_models_are_compared_on_the_same_resamples(window, noise):
    """Counting wins one resample at a time gives the same probability."""
    is_fail, risk = window
    slightly_worse = risk + 0.02 * noise
    wins = [
        auc(Ranking(is_fail, risk).sweep(row)) > auc(Ranking(is_fail, slightly_worse).sweep(row))
        for row in resamples(is_fail, n_resamples=2000, seed=0)
    ]

    assert probability_better(is_fail, risk, slightly_worse, level=0.1, seed=0) == pytest.approx(
        np.mean(np.concatenate(wins)), abs=0.03
    )


def test_stopping_early_never_turns_an_answer_round(window, noise):
    """For rivals of every closeness, the answer is on the same side as that of all resamples."""
    is_fail, risk = window
    sides = set()
    for weight in (0.0, 0.02, 0.05, 0.1, 0.3):
        rival = risk + weight * noise
        all_drawn = np.concatenate(
            [
                auc(Ranking(is_fail, risk).sweep(row)) - auc(Ranking(is_fail, rival).sweep(row))
                for row in resamples(is_fail, n_resamples=2000, seed=0)
            ]
        )
        probability = probability_better(is_fail, risk, rival, level=0.1, seed=0)
        assert (probability >= 0.9) == (np.mean(all_drawn > 0) >= 0.9)
        sides.add(probability >= 0.9)

    assert sides == {True, False}
