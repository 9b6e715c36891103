"""Candidates fitted on units that stand for more than themselves."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_selection import f_classif

from secom_core import candidates, export
from secom_core.calibration import fit_sigmoid
from secom_core.candidates import (
    LargestEffectSelector,
    MedianImputer,
    Projector,
    StableEffectSelector,
    Standardizer,
    Winsorizer,
    search_space,
)
from secom_core.evaluation import auc_score

SELECTIONS = {
    "f": {"selection": "f", "n_sensors": 20},
    "stable": {"selection": "stable", "n_sensors": 20},
    "all": {"selection": "all"},
    "pca": {"selection": "pca", "n_components": 20},
}
SHAPES = {
    "forest": {"min_samples_leaf": 1},
    "xgboost": {"max_depth": 2},
    "mlp": {"alpha": 10.0},
    "logistic": {"C": 0.1},
}


@pytest.fixture(scope="module")
def weighted(narrow):
    """Of each four units one stands for 20."""
    weight = np.where(np.arange(len(narrow)) % 4 == 0, 20.0, 1.0)
    return replace(narrow, weight=weight)


@pytest.fixture(scope="module")
def copies(narrow):
    """How often each unit is taken: passes once to three times, fails once."""
    drawn = np.random.default_rng(0).integers(1, 4, len(narrow))
    return np.where(narrow.is_fail, 1, drawn)


def scores(family, params, units):
    """Raw scores of those units by a fit on them."""
    pipeline = candidates.fit_params(family, params, units, seed=0).pipeline
    return candidates.raw_score(pipeline, units.readings)


@pytest.mark.parametrize(
    ("family", "selection"),
    [
        *((family, "f") for family in SHAPES),
        *(("logistic", each) for each in SELECTIONS if each != "f"),
    ],
)
def test_only_ratios_of_weights_count(weighted, family, selection):
    """Doubling all weights changes no score by a bit; taking them away changes them."""
    params = SELECTIONS[selection] | SHAPES[family]
    doubled, without = replace(weighted, weight=2 * weighted.weight), replace(weighted, weight=None)

    found = scores(family, params, weighted)

    np.testing.assert_array_equal(scores(family, params, doubled), found)
    assert not np.allclose(scores(family, params, without), found)


@pytest.mark.parametrize("family", ["forest", "logistic"])
def test_units_that_weigh_alike_are_fitted_as_without_weights(narrow, family):
    """With equal weights every score is the same to the last bit as without."""
    params = SELECTIONS["f"] | SHAPES[family]
    alike = replace(narrow, weight=np.full(len(narrow), 3.0))

    np.testing.assert_array_equal(scores(family, params, alike), scores(family, params, narrow))


@pytest.mark.parametrize("family", SHAPES)
def test_weighted_fit_ranks_and_exports(weighted, family):
    """A fit on weighted units tells later fails from passes, and has an ONNX form."""
    past, future = weighted.window(slice(0, 280)), weighted.window(slice(280, 400))
    params = search_space(family, "quick")[0]

    fitted = candidates.fit_params(family, params, past, seed=0)
    raw = candidates.raw_score(fitted.pipeline, future.readings)
    sigmoid = fit_sigmoid(raw, future.is_fail, weight=future.weight)
    model = export.to_onnx(fitted.pipeline, sigmoid, weighted.sensors)

    assert auc_score(future.is_fail, raw) > 0.6
    assert export.require_same_answers(
        model, fitted.pipeline, sigmoid, weighted.readings, threshold=0.2
    )


@pytest.mark.parametrize("selection", SELECTIONS)
def test_weighted_logistic_regression_is_that_of_as_many_units(narrow, copies, selection):
    """A unit of weight 2 counts in every step like the unit twice, at equal strength a unit."""
    params = SELECTIONS[selection] | {"C": 0.1 * copies.sum() / copies.size}
    weighted = replace(narrow, weight=1.0 * copies)
    repeated = narrow.take(np.repeat(np.arange(copies.size), copies))

    one = candidates.fit_params("logistic", params, weighted, seed=0).pipeline
    other = candidates.fit_params(
        "logistic", SELECTIONS[selection] | {"C": 0.1}, repeated, seed=0
    ).pipeline

    found, expected = (candidates.raw_score(each, narrow.readings) for each in (one, other))
    np.testing.assert_allclose(found, expected, atol=0.01 * expected.std())


def test_search_judges_by_weight(weighted, narrow):
    """The combination that is chosen is the best on the units that those looked at stand for."""
    found, plain = (candidates.fit("logistic", units, seed=0) for units in (weighted, narrow))

    folds = candidates.inner_folds(weighted.is_fail)
    params, auc = found.tried[0]
    raw = [
        candidates.raw_score(
            candidates.fit_params("logistic", params, weighted.window(fold.train), seed=0).pipeline,
            weighted.readings[fold.test],
        )
        for fold in folds
    ]
    seen = weighted.window(slice(folds[0].test.start, None))
    assert auc == auc_score(seen.is_fail, np.concatenate(raw), weight=seen.weight)
    assert [auc for _, auc in found.tried] != [auc for _, auc in plain.tried]


# The steps: what they learn by weight is what they learn from units that really repeat.


@pytest.fixture(scope="module")
def table(narrow, copies):
    """Readings that are all there, outcomes, weights of mean 1, and the same units repeated."""
    readings = MedianImputer().fit_transform(narrow.readings)
    readings = readings[:, np.ptp(readings, axis=0) > 0]
    repeated = np.repeat(readings, copies, axis=0), np.repeat(narrow.is_fail, copies)
    return readings, narrow.is_fail, copies / copies.mean(), *repeated


def test_medians_are_those_of_as_many_units(narrow, copies):
    """Also where readings are missing, tie, or were never taken."""
    readings = np.round(narrow.readings, 1)
    readings[:, 0] = np.nan
    readings[:, 1] = np.where(np.arange(len(readings)) == 7, 3.0, np.nan)

    found = MedianImputer().fit(readings, sample_weight=copies / copies.mean()).statistics_
    alike = MedianImputer().fit(readings, sample_weight=np.ones(len(readings))).statistics_

    repeated = MedianImputer().fit(np.repeat(readings, copies, axis=0))
    np.testing.assert_allclose(found, repeated.statistics_, rtol=1e-12)
    np.testing.assert_array_equal(alike, MedianImputer().fit(readings).statistics_)
    assert found[:2].tolist() == [0.0, 3.0]


def test_limits_are_those_of_as_many_units(table):
    """Mean and spread are weighted."""
    readings, _, weights, repeated, _ = table

    found, expected = Winsorizer().fit(readings, None, weights), Winsorizer().fit(repeated)

    np.testing.assert_allclose(found.low_, expected.low_)
    np.testing.assert_allclose(found.high_, expected.high_)


def test_scales_are_those_of_as_many_units(table):
    """Also of a constant sensor, which has no spread to divide by."""
    readings, _, weights, repeated, _ = table
    readings, repeated = (
        np.column_stack([each, 0.1 + 0 * each[:, 0]]) for each in (readings, repeated)
    )

    found, expected = Standardizer().fit(readings, None, weights), Standardizer().fit(repeated)

    np.testing.assert_allclose(found.mean_, expected.mean_)
    np.testing.assert_allclose(found.scale_, expected.scale_)


def test_components_are_those_of_as_many_units(table):
    """Directions and centre are weighted; without weights they are scikit-learn's."""
    readings, _, weights, repeated, _ = table
    scaler = Standardizer().fit(repeated)
    readings, repeated = scaler.transform(readings), scaler.transform(repeated)

    found = Projector(5, svd_solver="covariance_eigh").fit(readings, None, weights)
    expected = PCA(5, svd_solver="covariance_eigh").fit(repeated)
    plain = Projector(5, svd_solver="covariance_eigh").fit_transform(readings)

    np.testing.assert_allclose(found.transform(readings), expected.transform(readings), atol=1e-8)
    np.testing.assert_array_equal(
        plain, PCA(5, svd_solver="covariance_eigh").fit_transform(readings)
    )


def test_f_statistics_are_those_of_as_many_units(table):
    """But for one factor, the same for all sensors: weights make no more units."""
    readings, is_fail, weights, repeated, repeated_fails = table

    found = LargestEffectSelector(f_classif, k=5).fit(readings, is_fail, weights).scores_
    alike = LargestEffectSelector(f_classif, k=5).fit(readings, is_fail, np.ones(len(readings)))

    expected, _ = f_classif(repeated, repeated_fails)
    factor = (len(readings) - 2) / (len(repeated) - 2)
    np.testing.assert_allclose(found, factor * expected, rtol=1e-6)
    np.testing.assert_allclose(alike.scores_, f_classif(readings, is_fail)[0], rtol=1e-6)


def test_stable_effects_are_those_of_as_many_units(table):
    """Ranks and their means within the blocks are weighted."""
    readings, is_fail, weights, repeated, repeated_fails = table

    found = StableEffectSelector().fit(readings, is_fail, weights).scores_
    alike = StableEffectSelector().fit(readings, is_fail, np.ones(len(readings))).scores_

    np.testing.assert_allclose(
        found, StableEffectSelector().fit(repeated, repeated_fails).scores_, atol=1e-12
    )
    np.testing.assert_array_equal(alike, StableEffectSelector().fit(readings, is_fail).scores_)
