from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secom_core import candidates, export
from secom_core.calibration import fit_sigmoid
from secom_core.candidates import StableEffectSelector, Winsorizer, inner_folds, search_space
from secom_core.errors import ConfigError, EvidenceError
from secom_core.evaluation import auc_score
from secom_core.evidence import FAMILIES, REFERENCE

EVERYTHING = [
    pytest.param(family, params, id="-".join(map(str, (family, *params.values()))))
    for family in (*FAMILIES, REFERENCE)
    for params in search_space(family)
]
QUICK = {family: search_space(family, "quick")[0] for family in (*FAMILIES, REFERENCE)}


@pytest.mark.parametrize(("family", "params"), EVERYTHING)
def test_every_combination_fits_ranks_and_exports(narrow, family, params):
    """Whatever a search may choose ranks later fails above passes, and has an ONNX form."""
    past, future = narrow.window(slice(0, 280)), narrow.window(slice(280, 400))

    fitted = candidates.fit_params(family, params, past, seed=0)
    raw = candidates.raw_score(fitted.pipeline, future.readings)
    sigmoid = fit_sigmoid(raw, future.is_fail)
    model = export.to_onnx(fitted.pipeline, sigmoid, narrow.sensors)

    assert auc_score(future.is_fail, raw) > 0.6
    assert export.require_same_answers(
        model, fitted.pipeline, sigmoid, narrow.readings, threshold=0.2
    )


@pytest.mark.parametrize("family", QUICK)
def test_same_seed_gives_the_same_fit(narrow, family):
    """Two fits with one seed score every unit alike, to the last bit."""
    scores = [
        candidates.raw_score(
            candidates.fit_params(family, QUICK[family], narrow, seed=7).pipeline, narrow.readings
        )
        for _ in range(2)
    ]

    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("family", ["forest", "xgboost", "mlp", REFERENCE])
def test_other_seed_gives_another_fit(narrow, family):
    """The seed reaches every family that draws at random."""
    scores = [
        candidates.raw_score(
            candidates.fit_params(family, QUICK[family], narrow, seed=seed).pipeline,
            narrow.readings,
        )
        for seed in (0, 1)
    ]

    assert (scores[0] != scores[1]).any()


@pytest.mark.parametrize("family", QUICK)
def test_raw_score_keeps_the_order_of_the_classifiers_own_probability(narrow, family):
    """Raw scores are the classifier's answer before the last rounding, not another answer."""
    pipeline = candidates.fit_params(family, QUICK[family], narrow, seed=0).pipeline

    raw = candidates.raw_score(pipeline, narrow.readings)
    own = pipeline.predict_proba(narrow.readings)[:, 1]

    expected = raw if family in {"forest", REFERENCE} else 1 / (1 + np.exp(-raw))
    np.testing.assert_allclose(expected, own, atol=1e-6)


def test_search_takes_the_best_that_it_tried(narrow):
    """The parameters that are fitted in the end had the highest AUC inside the window."""
    fitted = candidates.fit("logistic", narrow, seed=0)

    tried = {tuple(params.items()): auc for params, auc in fitted.tried}
    assert [params for params, _ in fitted.tried] == list(search_space("logistic"))
    assert tried[tuple(fitted.params.items())] == max(tried.values())


def test_search_tells_how_far_it_is(narrow):
    """Progress counts every fit once and ends at their number, which is that of the seconds."""
    told = []

    fitted = candidates.fit(
        "logistic", narrow, seed=0, progress=lambda done, total: told.append((done, total))
    )

    total = len(fitted.fit_seconds)
    assert told == [(done, total) for done in range(1, total + 1)]
    assert total == 4 * len(search_space("logistic")) + 1


@pytest.mark.parametrize("family", [REFERENCE, "logistic"])
def test_nothing_is_searched_where_there_is_one_combination(narrow, family):
    """The reference procedure, and a quick search, fit once and claim to have tried nothing."""
    fitted = candidates.fit(family, narrow, seed=0, search="quick")

    assert (len(fitted.fit_seconds), fitted.tried) == (1, ())
    assert fitted.params == QUICK[family]


def test_unknown_family_is_refused_by_name():
    """The message names what there is."""
    with pytest.raises(ConfigError, match="no family 'svm'; there are forest, xgboost, mlp"):
        search_space("svm")


@pytest.mark.parametrize("family", [REFERENCE, "logistic"])
@pytest.mark.parametrize("n_fails", [0, 1, 9])
def test_too_few_fails_to_fit_on_are_refused(narrow, family, n_fails):
    """A window with hardly a fail is refused before anything is fitted, with what to do."""
    scarce = replace(narrow, is_fail=np.arange(len(narrow)) < n_fails)

    with pytest.raises(EvidenceError, match=rf"at least 10 fails .* got {n_fails} fails in 400"):
        candidates.fit(family, scarce, seed=0)


@pytest.mark.parametrize("place", ["early", "spread", "last"])
def test_fewest_fails_are_enough_wherever_they_are(narrow, place):
    """Ten fails can be searched with, in a row or apart."""
    at = {"early": range(30, 40), "spread": range(20, 400, 40), "last": range(380, 390)}[place]
    is_fail = np.zeros(len(narrow), dtype=bool)
    is_fail[list(at)] = True

    fitted = candidates.fit("logistic", replace(narrow, is_fail=is_fail), seed=0)

    assert np.isfinite([auc for _, auc in fitted.tried]).all()


outcomes = st.lists(st.booleans(), min_size=10, max_size=200).filter(lambda fails: sum(fails) >= 10)


@given(is_fail=outcomes.map(np.array))
def test_inner_folds_never_look_ahead_and_all_hold_fails(is_fail):
    """Each fold trains on what came before the units it predicts; together they lack no unit."""
    folds = inner_folds(is_fail)

    assert [fold.train.start for fold in folds] == [0, 0, 0, 0]
    assert [fold.train.stop for fold in folds] == [fold.test.start for fold in folds]
    assert [fold.test.stop for fold in folds[:-1]] == [fold.test.start for fold in folds[1:]]
    assert folds[-1].test.stop == is_fail.size
    assert all(is_fail[fold.test].any() and is_fail[fold.train].sum() >= 4 for fold in folds)


def test_winsorizer_clips_at_the_limits_it_learned():
    """A spike counts as much as the limit, also one that comes later; the rest stays as it is."""
    rng = np.random.default_rng(0)
    readings = rng.normal(size=(200, 3)) * [1.0, 100.0, 0.0] + [0.0, 5.0, 7.0]

    limited = Winsorizer(n_sigmas=2.0).fit(readings)
    clipped = limited.transform(np.array([[99.0, -9999.0, 7.0], [0.1, 5.0, 8.0]]))

    mean, spread = readings.mean(axis=0), readings.std(axis=0)
    np.testing.assert_allclose(limited.high_, mean + 2 * spread)
    np.testing.assert_allclose(clipped[0], [limited.high_[0], limited.low_[1], 7.0])
    np.testing.assert_allclose(clipped[1], [0.1, 5.0, 7.0])


@pytest.fixture(scope="module")
def effects():
    """400 units of 6 sensors, every tenth a fail: what each sensor does is in the tests."""
    rng = np.random.default_rng(0)
    is_fail = np.arange(400) % 10 == 0
    readings = rng.normal(size=(400, 6))
    readings[is_fail, 1] += 1.0  # always higher in fails
    readings[is_fail, 2] += np.where(np.arange(40) < 20, 3.0, -3.0)  # turns round half-way
    readings[is_fail, 3] += np.where(np.arange(40) < 30, 4.0, -1.0)  # stronger, but not to the end
    readings[:, 4] = 5.0
    readings[is_fail, 5] -= 1.0  # always lower in fails
    return readings, is_fail


def test_stable_effects_are_chosen_before_stronger_ones_that_turn_round(effects):
    """What holds in every block wins over what is stronger in some and gone or reversed later."""
    readings, is_fail = effects

    kept = StableEffectSelector(k=2).fit(readings, is_fail).get_support(indices=True)

    assert kept.tolist() == [1, 5]


def test_constant_sensor_is_the_last_to_be_chosen(effects):
    """Even noise comes before a sensor that never changes."""
    readings, is_fail = effects

    kept = StableEffectSelector(k=5).fit(readings, is_fail).get_support(indices=True)

    assert kept.tolist() == [0, 1, 2, 3, 5]


def test_stable_effect_does_not_depend_on_the_sensors_scale(effects):
    """Ranks decide, so that units of measure and spikes do not."""
    readings, is_fail = effects
    scaled = np.exp(readings * [1, 2, 3, 1, 1, 2])

    scores = [StableEffectSelector().fit(each, is_fail).scores_ for each in (readings, scaled)]

    np.testing.assert_array_equal(*scores)


def test_block_of_fails_alone_does_not_count(effects):
    """Fails in a row, with no pass between them, are no reason to choose at random."""
    readings, is_fail = effects
    at_the_end = np.concatenate([is_fail, np.ones(30, dtype=bool)])

    selector = StableEffectSelector(k=2).fit(np.vstack([readings, readings[:30]]), at_the_end)

    assert np.isfinite(np.delete(selector.scores_, 4)).all()
