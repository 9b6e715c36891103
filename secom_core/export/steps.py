"""Fitted steps of scikit-learn as operations: one function per type of step."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
from sklearn.base import is_classifier
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from secom_core.candidates import Winsorizer
from secom_core.errors import ExportError
from secom_core.export.ensembles import from_forest, from_xgboost
from secom_core.export.operations import (
    Centre,
    Clip,
    Dense,
    Impute,
    Operation,
    Pick,
    Relu,
    Scale,
    Tanh,
)

_ACTIVATIONS: dict[str, Operation] = {"relu": Relu(), "tanh": Tanh()}


@singledispatch
def operations_of(step: object) -> tuple[Operation, ...]:
    """Return what the fitted `step` does, in order; a classifier's last output is its raw score.

    Raises
    ------
    ExportError
        If no ONNX form is written for this type of step, or for the way it is set.
    """
    supported = ", ".join(
        sorted(known.__name__ for known in operations_of.registry if known is not object)
    )
    message = f"cannot export a {type(step).__name__} ({step!r}); supported are {supported}."
    raise ExportError(message)


@operations_of.register
def _(pipeline: Pipeline) -> tuple[Operation, ...]:
    _require(pipeline, is_classifier(pipeline), "its last step must be a classifier")
    return tuple(operation for _, step in pipeline.steps for operation in operations_of(step))


@operations_of.register
def _(imputer: SimpleImputer) -> tuple[Operation, ...]:
    _require(imputer, np.isnan(imputer.missing_values), "missing_values must be NaN")
    _require(imputer, not imputer.add_indicator, "add_indicator must be False")
    fill = imputer.statistics_.astype(np.float64)
    _require(imputer, not np.isnan(fill).any(), "keep_empty_features must be True")
    return (Impute(fill=fill),)


@operations_of.register
def _(winsorizer: Winsorizer) -> tuple[Operation, ...]:
    return (Clip(low=winsorizer.low_, high=winsorizer.high_),)


@operations_of.register
def _(scaler: StandardScaler) -> tuple[Operation, ...]:
    _require(scaler, scaler.with_mean and scaler.with_std, "with_mean and with_std must be True")
    return (Centre(mean=scaler.mean_), Scale(scale=scaler.scale_))


@operations_of.register
def _(selector: SelectorMixin) -> tuple[Operation, ...]:
    return (Pick(columns=np.flatnonzero(selector.get_support())),)


@operations_of.register
def _(pca: PCA) -> tuple[Operation, ...]:
    weights = pca.components_.T
    if pca.whiten:
        deviation = np.sqrt(pca.explained_variance_)
        # As scikit-learn does: a component without variance is not blown up.
        weights = weights / np.maximum(deviation, np.finfo(deviation.dtype).eps)
    return (Dense(weights=weights, bias=-pca.mean_ @ weights),)


@operations_of.register
def _(model: LogisticRegression) -> tuple[Operation, ...]:
    _require_pass_and_fail(model)
    return (Dense(weights=model.coef_.T, bias=model.intercept_),)


@operations_of.register
def _(model: MLPClassifier) -> tuple[Operation, ...]:
    _require_pass_and_fail(model)
    _require(model, model.activation in _ACTIVATIONS, f"activation must be in {list(_ACTIVATIONS)}")
    operations: list[Operation] = []
    for weights, bias in zip(model.coefs_, model.intercepts_, strict=True):
        operations += [Dense(weights=weights, bias=bias), _ACTIVATIONS[model.activation]]
    # The raw score is what goes into the last sigmoid; nothing else follows the last layer.
    return tuple(operations[:-1])


@operations_of.register
def _(forest: RandomForestClassifier) -> tuple[Operation, ...]:
    _require_pass_and_fail(forest)
    return from_forest(forest)


@operations_of.register
def _(model: XGBClassifier) -> tuple[Operation, ...]:
    _require_pass_and_fail(model)
    _require(model, np.isnan(model.missing), "missing must be NaN")
    return from_xgboost(model)


def _require_pass_and_fail(
    model: LogisticRegression | MLPClassifier | RandomForestClassifier | XGBClassifier,
) -> None:
    classes = list(model.classes_)
    _require(model, classes == [False, True], f"its classes must be [False, True], got {classes}")


def _require(step: object, is_met: object, condition: str) -> None:
    if not is_met:
        message = f"cannot export {step!r}: {condition}."
        raise ExportError(message)
