"""Steps of our own, for what scikit-learn lacks: limits against spikes, effects that last."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import SelectorMixin


class Winsorizer(TransformerMixin, BaseEstimator):
    """Limit each sensor to its mean ± `n_sigmas` standard deviations, since SECOM has spikes.

    Parameters
    ----------
    n_sigmas : float, default=3.0
    """

    def __init__(self, n_sigmas: float = 3.0) -> None:
        self.n_sigmas = n_sigmas

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> Winsorizer:  # noqa: ARG002, N803
        """Learn the limits `low_` and `high_`, each of shape (n_features,)."""
        reach = self.n_sigmas * X.std(axis=0)
        self.low_, self.high_ = X.mean(axis=0) - reach, X.mean(axis=0) + reach
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Clip readings of shape (n_units, n_features) to the limits."""
        return np.clip(X, self.low_, self.high_)


class StableEffectSelector(SelectorMixin, BaseEstimator):
    """Keep the sensors whose difference between fails and passes holds over time.

    The window is cut into blocks of as many fails each. A sensor's effect in a block is the
    difference of the mean ranks of fails and passes; its score is the size of the mean effect less
    the spread of the effects, so that one block cannot carry a sensor.

    Parameters
    ----------
    k : int, default=20
        Sensors to keep.
    n_blocks : int, default=4
        Blocks in time order.
    """

    def __init__(self, k: int = 20, n_blocks: int = 4) -> None:
        self.k = k
        self.n_blocks = n_blocks

    def fit(self, X: np.ndarray, y: np.ndarray) -> StableEffectSelector:  # noqa: N803
        """Score the sensors of `X`, units in time order, against the fails in `y`."""
        is_fail = np.asarray(y, dtype=bool)
        ranks = np.argsort(np.argsort(X, axis=0, kind="stable"), axis=0, kind="stable") / len(X)
        fails = np.flatnonzero(is_fail)
        edges = [0, *(int(block[0]) for block in np.array_split(fails, self.n_blocks)[1:]), len(X)]
        effects = np.array(
            [
                ranks[a:b][is_fail[a:b]].mean(axis=0) - ranks[a:b][~is_fail[a:b]].mean(axis=0)
                for a, b in pairwise(edges)
                if not is_fail[a:b].all()  # fails in a row have no passes to differ from
            ]
        )
        self.scores_ = np.abs(effects.mean(axis=0)) - effects.std(axis=0)
        self.scores_[np.ptp(X, axis=0) == 0] = -np.inf  # ranks of a constant are its order in time
        self.n_features_in_ = X.shape[1]
        return self

    def _get_support_mask(self) -> np.ndarray:
        kept = np.zeros(self.n_features_in_, dtype=bool)
        kept[np.argsort(-self.scores_, kind="stable")[: self.k]] = True
        return kept
