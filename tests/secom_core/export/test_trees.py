"""Trees decide as they were learned, to the last bit of a split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import VarianceThreshold
from sklearn.preprocessing import StandardScaler

from secom_core.candidates import raw_score
from secom_core.export import require_same_answers, sensors_read
from secom_core.export.graph import READINGS, RISK, Graph
from secom_core.export.trees import Tree, Trees
from tests.secom_core.export.forms import (
    SIGMOID,
    Line,
    answers,
    fitted,
    forest,
    form,
    imputer,
    joined,
    xgboost,
)

EXACT = 1e-14


def beside(split):
    """What a sensor may read on and beside a split, in steps of float64 and of float32."""
    double, single = np.float64(split), np.float32(split)
    steps = [np.nextafter(number, to) for number in (double, single) for to in (-np.inf, np.inf)]
    half = [(np.float64(single) + np.float64(step)) / 2 for step in steps[2:]]
    return np.array([double, single, *steps, *half], dtype=np.float64)


def answer_of(trees, unit):
    """The slow second implementation: walk down each tree."""
    total = 0.0
    for tree in trees.trees:
        node = 0
        while tree.yes[node] >= 0:
            reading = np.float32(unit[tree.column[node]])
            split = trees.precision(tree.split[node])
            holds = reading <= split if trees.comparison == "<=" else reading < split
            is_yes = tree.missing_is_yes[node] if np.isnan(reading) else holds
            node = (tree.yes if is_yes else tree.no)[node]
        total += tree.leaf[node]
    return total


def ensemble_answers(trees, readings):
    """What ONNX Runtime makes of an ensemble alone."""
    graph = Graph()
    graph.node("Squeeze", trees.emit(graph, READINGS), graph.constant(np.array([1])), output=RISK)
    return answers(graph.to_bytes(n_sensors=readings.shape[1], properties={}), readings)


SPLITS = (-1.5, 0.0, 0.1, np.float64(np.float32(0.1)), 1e-40, 3e38)
N_COLUMNS = 3


@st.composite
def grown_trees(draw):
    """A tree of up to 15 nodes, its nodes in any order that growth gives them."""
    yes, no = [-1], [-1]
    for _ in range(draw(st.integers(0, 7))):
        leaf = draw(st.sampled_from([node for node, child in enumerate(yes) if child < 0]))
        yes[leaf], no[leaf] = draw(st.permutations([len(yes), len(yes) + 1]))
        yes += [-1, -1]
        no += [-1, -1]
    each = {"min_size": len(yes), "max_size": len(yes)}
    return Tree(
        yes=np.array(yes),
        no=np.array(no),
        column=np.array(draw(st.lists(st.integers(0, N_COLUMNS - 1), **each))),
        split=np.array(draw(st.lists(st.sampled_from(SPLITS), **each))),
        missing_is_yes=np.array(draw(st.lists(st.booleans(), **each))),
        leaf=np.array(draw(st.lists(st.integers(-100, 100), **each)), dtype=np.float64),
    )


some_readings = st.sampled_from([np.nan, *np.concatenate([beside(s) for s in SPLITS])])


@settings(deadline=None)
@given(
    trees=st.lists(grown_trees(), min_size=1, max_size=5),
    comparison=st.sampled_from(["<=", "<"]),
    precision=st.sampled_from([np.float32, np.float64]),
    units=st.lists(
        st.lists(some_readings, min_size=N_COLUMNS, max_size=N_COLUMNS), min_size=1, max_size=20
    ),
)
def test_ensemble_answers_as_walking_down_its_trees(trees, comparison, precision, units):
    """On and beside splits, with readings missing, in trees of any shape, one leaf included."""
    ensemble = Trees(trees=tuple(trees), comparison=comparison, precision=precision)
    readings = np.array(units)

    got = ensemble_answers(ensemble, readings)

    assert got.tolist() == [answer_of(ensemble, unit) for unit in readings]


def test_root_may_share_its_number_with_a_leaf():
    """Older ONNX Runtimes take a root for a leaf if its leaf and its split have one number."""
    stump = tree_of(yes=[1, -1, -1], no=[2, -1, -1], leaf=[0, 1, 2])
    lopsided = tree_of(yes=[1, -1, 3, -1, -1], no=[2, -1, 4, -1, -1], leaf=[0, 10, 0, 20, 30])
    ensemble = Trees(trees=(stump, lopsided), comparison="<=", precision=np.float64)
    readings = np.array([[-1.0, 0.0], [1.0, -1.0], [1.0, 1.0]])

    assert ensemble_answers(ensemble, readings).tolist() == [11, 22, 32]


def tree_of(*, yes, no, leaf):
    """A tree that compares with 0: sensor 0 at the root, sensor 1 below."""
    size = len(yes)
    return Tree(
        yes=np.array(yes),
        no=np.array(no),
        column=np.minimum(np.arange(size), 1),
        split=np.zeros(size),
        missing_is_yes=np.zeros(size, dtype=bool),
        leaf=np.array(leaf, dtype=np.float64),
    )


def on_and_beside_splits(line, splits, *, mean=0.0, scale=1.0):
    """Units of a line, each with one sensor moved onto or beside a split on it."""
    rng = np.random.default_rng(0)
    units = []
    for column, split in splits:
        # Where trees see standardised readings, what the sensor reads is moved.
        center = np.broadcast_to(mean, 24)[column]
        reads = beside(split * np.broadcast_to(scale, 24)[column] + center)
        moved = line.readings[rng.integers(len(line.readings), size=reads.size)]
        moved[:, column] = reads
        units.append(moved)
    return np.concatenate(units)


def splits_of_forest(model):
    """Sensor and split of every node of a forest, as scikit-learn keeps them."""
    trees = [estimator.tree_ for estimator in model.estimators_]
    return {
        (column, split)
        for tree in trees
        for column, split in zip(tree.feature, tree.threshold, strict=True)
        if column >= 0
    }


def splits_of_xgboost(model):
    """Sensor and split of every node of a booster, as XGBoost lists them."""
    table = model.get_booster().trees_to_dataframe()
    table = table[table.Feature != "Leaf"]
    return {
        (int(feature[1:]), split) for feature, split in zip(table.Feature, table.Split, strict=True)
    }


def test_forest_decides_units_on_and_beside_every_split(line):
    """Not one unit goes the other way."""
    pipeline = fitted(line, imputer(), forest())
    units = on_and_beside_splits(line, splits_of_forest(pipeline[-1]))

    assert len(units) > 2000
    assert require_same_answers(form(pipeline), pipeline, SIGMOID, units, threshold=0.5) <= EXACT


def test_forest_decides_standardised_units_on_and_beside_every_split(line):
    """Readings are standardised to the bit that scikit-learn's trees see."""
    pipeline = fitted(line, imputer(), StandardScaler(), forest())
    scaler = pipeline[1]
    units = on_and_beside_splits(
        line, splits_of_forest(pipeline[-1]), mean=scaler.mean_, scale=scaler.scale_
    )

    assert require_same_answers(form(pipeline), pipeline, SIGMOID, units, threshold=0.5) <= EXACT


def test_xgboost_decides_units_on_and_beside_every_split(line):
    """XGBoost goes left below a float32 split, not on it, and adds up in float32."""
    pipeline = fitted(line, imputer(), xgboost())
    units = on_and_beside_splits(line, splits_of_xgboost(pipeline[-1]))

    assert len(units) > 500
    assert require_same_answers(form(pipeline), pipeline, SIGMOID, units, threshold=0.5) <= EXACT


@pytest.mark.parametrize("classifier", [forest, xgboost])
def test_missing_readings_go_the_way_they_were_learned(line, classifier):
    """Without an imputer, every split sends missing readings its own way."""
    measured = Line(readings=line.readings[:, 1:], is_fail=line.is_fail)
    pipeline = fitted(measured, VarianceThreshold(), classifier())
    moved = measured.readings.copy()
    moved[np.random.default_rng(1).random(moved.shape) < 0.3] = np.nan
    readings = np.concatenate([measured.readings, moved])

    same = require_same_answers(form(pipeline), pipeline, SIGMOID, readings, threshold=0.5)

    assert same <= EXACT


@pytest.mark.parametrize(
    "classifier", [forest(max_depth=1, min_samples_split=300), xgboost(gamma=1e9)]
)
def test_trees_of_one_leaf_answer_without_reading_anything(line, classifier):
    """The answer is the same for all, and there is one for each unit."""
    pipeline = fitted(line, imputer(), classifier)

    risk = answers(form(pipeline), line.readings)

    assert sensors_read(pipeline).size == 0
    np.testing.assert_allclose(
        risk, SIGMOID.risk(raw_score(pipeline, line.readings)), rtol=0, atol=EXACT
    )


def test_trees_of_one_leaf_stand_among_others(line):
    """A leaf between two trees keeps its place in the sum."""
    pipeline = fitted(line, imputer(), forest(n_estimators=2))
    leaves = fitted(line, imputer(), forest(n_estimators=1, min_samples_split=300))
    trees = pipeline[-1].estimators_
    pipeline[-1].estimators_ = [trees[0], *leaves[-1].estimators_, trees[1]]

    same = require_same_answers(form(pipeline), pipeline, SIGMOID, line.readings, threshold=0.5)

    assert same <= EXACT


def test_units_with_as_many_votes_keep_one_risk(line):
    """Trees of pure leaves vote; which of them voted leaves no trace in the risk."""
    pipeline = fitted(line, imputer(), forest(n_estimators=49))
    votes = np.rint(49 * raw_score(pipeline, line.readings))

    risk = answers(form(pipeline), line.readings)

    assert np.unique(risk).size == np.unique(votes).size


@pytest.mark.parametrize(
    "setting",
    [
        {"base_score": 0.076},
        {"scale_pos_weight": 5.0},
        {"num_parallel_tree": 3, "subsample": 0.5},
        {"gamma": 2.0},
        {"grow_policy": "lossguide", "max_leaves": 6},
        {"tree_method": "exact"},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_xgboost_settings_change_nothing_about_the_form(line, setting):
    """Whatever grew the trees, the margin is their sum on top of the base score."""
    pipeline = fitted(line, imputer(), xgboost(**setting))

    same = require_same_answers(form(pipeline), pipeline, SIGMOID, line.readings, threshold=0.5)

    assert same <= EXACT


def test_rounds_after_the_best_one_are_left_out(line):
    """XGBoost predicts without them, so they are no part of the form."""
    model = xgboost(n_estimators=60, early_stopping_rounds=10, learning_rate=1.0)
    train, later = slice(0, 200), slice(200, 300)
    filled = imputer().fit(line.readings)
    readings = filled.transform(line.readings)
    evaluated = [(readings[later], line.is_fail[later])]
    model.fit(readings[train], line.is_fail[train], eval_set=evaluated, verbose=False)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    pipeline = joined(filled, model)

    same = require_same_answers(form(pipeline), pipeline, SIGMOID, line.readings, threshold=0.5)

    assert same <= EXACT


def test_deep_trees_are_read_whole():
    """A comb of 300 splits, one leaf on each, is walked down to its end."""
    readings = np.arange(300.0)[:, np.newaxis]
    comb = Line(readings=readings, is_fail=np.arange(300) % 2 == 0)
    pipeline = fitted(comb, imputer(), forest(n_estimators=3, bootstrap=False))

    same = require_same_answers(form(pipeline), pipeline, SIGMOID, readings, threshold=0.5)

    assert same <= EXACT
