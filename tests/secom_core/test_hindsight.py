import json
from dataclasses import replace

import numpy as np
import pytest

from secom_core import candidates, training
from secom_core.config import TrainingConfig
from secom_core.evaluation import figures
from secom_core.hindsight import N_RANDOM_FOLDS, Hindsight, look_back
from secom_core.windows import timeline

QUICK = TrainingConfig(search="quick")


@pytest.fixture(scope="module")
def chosen(narrow):
    """Evidence of a logistic regression that went to the gate."""
    return training.fit_contender("logistic", narrow, QUICK).evidence


@pytest.fixture(scope="module")
def hindsight(chosen, narrow):
    """Of that logistic regression."""
    return look_back(chosen, narrow, QUICK, n_threads=1)


def test_number_of_threads_changes_no_figure(chosen, narrow, hindsight):
    """One fit after the other or two at once: the same to the last bit."""
    threaded = look_back(chosen, narrow, QUICK, n_threads=2)

    np.testing.assert_array_equal(threaded.temporal_risk, hindsight.temporal_risk)
    assert threaded.temporal == hindsight.temporal
    assert threaded.shuffled == hindsight.shuffled


def test_threads_end_quietly_with_a_network(narrow):
    """A network that stops early, as it should, warns in no thread."""
    chosen = training.fit_contender("mlp", narrow, QUICK).evidence

    found = look_back(chosen, narrow, QUICK, n_threads=2)

    assert found.temporal.auc.value > 0.5


def test_development_is_not_fitted_again(chosen, narrow, hindsight):
    """The first risks are those on which the family was chosen; later ones continue them."""
    n_compared = chosen.risk.size

    np.testing.assert_array_equal(hindsight.temporal_risk[:n_compared], chosen.risk)
    assert hindsight.temporal_risk.size == 240
    assert hindsight.temporal == figures(narrow.is_fail[160:], hindsight.temporal_risk, seed=0)


def test_holdout_is_predicted_by_fits_on_what_came_before(chosen, narrow, hindsight):
    """The procedure goes on through the holdout in steps, each fitted on all units before it."""
    (params,) = candidates.search_space("logistic", "quick")
    cuts = timeline(len(narrow), QUICK.shares)
    expected = []
    for fold in cuts.hindsight_folds[len(cuts.folds) :]:
        pipeline = candidates.build("logistic", params, seed=0)
        pipeline.fit(narrow.readings[fold.train], narrow.is_fail[fold.train])
        expected.append(pipeline.decision_function(narrow.readings[fold.test]))

    np.testing.assert_array_equal(
        hindsight.temporal_risk[chosen.risk.size :], chosen.sigmoid.risk(np.concatenate(expected))
    )


def test_random_split_scores_every_unit_once(narrow, hindsight):
    """Its figures are of all units."""
    assert hindsight.shuffled.n_units == len(narrow)
    assert hindsight.shuffled.n_fails == narrow.is_fail.sum()


def test_progress_counts_every_fit(chosen, narrow):
    """It goes up by one to the number of fits that are made here."""
    told = []

    found = look_back(
        chosen, narrow, QUICK, n_threads=1, progress=lambda done, total: told.append((done, total))
    )

    total = 2 + N_RANDOM_FOLDS
    assert told == [(done, total) for done in range(1, total + 1)]
    assert len(found.fit_seconds) == total


def test_random_split_flatters_where_the_line_drifts(narrow):
    """If fails come in bursts and sensors wander, only neighbours in time tell, not the past."""
    rng = np.random.default_rng(0)
    readings = rng.normal(size=narrow.readings.shape).cumsum(axis=0)
    is_fail = np.arange(len(narrow)) % 40 < 4
    drifting = replace(narrow, readings=readings, is_fail=is_fail)
    chosen = training.fit_contender("xgboost", drifting, QUICK).evidence

    found = look_back(chosen, drifting, QUICK)

    assert found.temporal.auc.value < 0.6
    assert found.shuffled.auc.value > 0.8


def test_hindsight_travels_as_json(hindsight):
    """The report reads what was written."""
    read = Hindsight.from_json(json.loads(json.dumps(hindsight.to_json())))

    np.testing.assert_array_equal(read.temporal_risk, hindsight.temporal_risk)
    assert read.to_json() == hindsight.to_json()
    assert (read.temporal, read.shuffled) == (hindsight.temporal, hindsight.shuffled)
