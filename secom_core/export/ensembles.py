"""Read the trees of scikit-learn's forests and of XGBoost's boosters."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from xgboost import DMatrix, XGBClassifier, train

from secom_core.errors import ExportError
from secom_core.export.operations import Dense
from secom_core.export.trees import Tree, Trees, tree_of_one_leaf


def from_forest(forest: RandomForestClassifier) -> tuple[Trees, Dense]:
    """Return the forest's trees, and the mean of the shares of fails in the leaves they choose."""
    trees = tuple(_tree_of_forest(estimator.tree_) for estimator in forest.estimators_)
    # Whole shares are added before they are divided: trees of pure leaves then count votes, and
    # units with as many votes keep the same risk.
    mean = Dense(weights=np.array([[1 / len(trees)]]), bias=np.zeros(1))
    return Trees(trees=trees, comparison="<=", precision=np.float64), mean


def _tree_of_forest(tree: Any) -> Tree:  # noqa: ANN401 - scikit-learn's trees have no public type
    return Tree(
        yes=tree.children_left,
        no=tree.children_right,
        column=tree.feature,
        split=tree.threshold,
        missing_is_yes=tree.missing_go_to_left.astype(bool),
        leaf=tree.value[:, 0, 1],
    )


def from_xgboost(model: XGBClassifier) -> tuple[Trees]:
    """Return the booster's trees, the first of them the margin that boosting starts from.

    XGBoost adds up in float32, tree by tree. So does ONNX Runtime with one thread, and then not a
    bit of the margin differs; with more, some 1e-7.
    """
    learner = json.loads(_booster(model))["learner"]
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    if (booster["name"], objective) != ("gbtree", "binary:logistic"):
        message = (
            f"cannot export XGBoost's booster {booster['name']!r} with objective {objective!r}; "
            "expected 'gbtree' with 'binary:logistic'."
        )
        raise ExportError(message)
    start = _margin(learner["learner_model_param"]["base_score"])
    grown = [_tree_of_booster(tree) for tree in booster["model"]["trees"]]
    trees = (tree_of_one_leaf(start), *grown)
    return (Trees(trees=trees, comparison="<", precision=np.float32),)


def _booster(model: XGBClassifier) -> bytearray:
    booster = model.get_booster()
    if model.early_stopping_rounds is not None:
        # It keeps the rounds after the best one, and predicts without them.
        booster = booster[: model.best_iteration + 1]
    return booster.save_raw("json")


def _tree_of_booster(tree: dict[str, Any]) -> Tree:
    if any(tree["split_type"]):
        message = "cannot export XGBoost's splits on categories; readings are numbers."
        raise ExportError(message)
    yes = np.array(tree["left_children"])
    # The text gives as many digits as a float32 needs; leaf values stand among the thresholds.
    values = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    return Tree(
        yes=yes,
        no=np.array(tree["right_children"]),
        column=np.array(tree["split_indices"]),
        split=values,
        missing_is_yes=np.array(tree["default_left"], dtype=bool),
        leaf=values,
    )


def _margin(base_score: str) -> float:
    """Return the log odds of the risk that boosting starts from: text such as "[7.6E-2]".

    They are asked of a booster without trees, for XGBoost's logarithm has a rounding of its own.
    """
    (risk,) = json.loads(base_score)
    unit = DMatrix(np.zeros((1, 1)), label=[0])
    settings = {"objective": "binary:logistic", "base_score": risk, "nthread": 1}
    return float(train(settings, unit, num_boost_round=0).predict(unit, output_margin=True)[0])
