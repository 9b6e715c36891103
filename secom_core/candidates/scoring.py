"""The raw score of each kind of classifier, which calibration turns into a risk."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier


def raw_score(pipeline: Pipeline, readings: np.ndarray) -> np.ndarray:
    """Return the real-valued score that calibration takes, higher = likelier fail.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    readings : ndarray of shape (n_units, n_sensors)

    Returns
    -------
    ndarray of shape (n_units,), float64
        Log odds where the classifier has them; of a forest, the mean share of fails in the leaves.
    """
    features = pipeline[:-1].transform(readings)
    classifier = pipeline[-1]
    match classifier:
        case LogisticRegression():
            return np.asarray(classifier.decision_function(features), dtype=np.float64)
        case XGBClassifier():
            margin = classifier.predict(features, output_margin=True)
            return np.asarray(margin, dtype=np.float64)
        case MLPClassifier():
            return _mlp_log_odds(classifier, features)
        case _:
            return np.asarray(classifier.predict_proba(features)[:, 1], dtype=np.float64)


def _mlp_log_odds(classifier: MLPClassifier, features: np.ndarray) -> np.ndarray:
    """Return the activation before the last sigmoid, which `predict_proba` rounds away near 1."""
    hidden = features
    for weights, bias in zip(classifier.coefs_[:-1], classifier.intercepts_[:-1], strict=True):
        hidden = np.maximum(hidden @ weights + bias, 0.0)
    return (hidden @ classifier.coefs_[-1] + classifier.intercepts_[-1]).ravel()
