"""Steps of our own, for what scikit-learn lacks: limits against spikes, lasting effects, weights.

`sample_weight` of shape (n_units,) is 1 on average; without it, scikit-learn's steps are as they
are.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from secom_core.candidates.weighing import (
    difference,
    f_statistic,
    mean_ranks,
    medians,
    moments,
)


class MedianImputer(SimpleImputer):
    """Fill in the median of a sensor's readings, by weight; 0 if it was never measured."""

    def __init__(self) -> None:
        super().__init__(strategy="median", keep_empty_features=True)

    def fit(
        self,
        X: np.ndarray,  # noqa: N803
        y: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> MedianImputer:
        """Learn the medians `statistics_`, of shape (n_features,)."""
        super().fit(X, y)
        if sample_weight is not None:
            measured = ~np.isnan(X).all(axis=0)
            self.statistics_[measured] = medians(X[:, measured], sample_weight)
        return self


class Winsorizer(TransformerMixin, BaseEstimator):
    """Limit each sensor to its mean ± `n_sigmas` standard deviations, since SECOM has spikes.

    Parameters
    ----------
    n_sigmas : float, default=3.0
    """

    def __init__(self, n_sigmas: float = 3.0) -> None:
        self.n_sigmas = n_sigmas

    def fit(
        self,
        X: np.ndarray,  # noqa: N803
        y: np.ndarray | None = None,  # noqa: ARG002
        sample_weight: np.ndarray | None = None,
    ) -> Winsorizer:
        """Learn the limits `low_` and `high_`, each of shape (n_features,)."""
        if sample_weight is None:
            mean, sigma = X.mean(axis=0), X.std(axis=0)
        else:
            mean, sigma = moments(X, sample_weight)
        reach = self.n_sigmas * sigma
        self.low_, self.high_ = mean - reach, mean + reach
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Clip readings of shape (n_units, n_features) to the limits."""
        return np.clip(X, self.low_, self.high_)


class Standardizer(StandardScaler):
    """Centre each sensor on its weighted mean, and divide by its weighted standard deviation.

    Scikit-learn's own takes weights too, but not a constant sensor with them.
    """

    def fit(
        self,
        X: np.ndarray,  # noqa: N803
        y: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> Standardizer:
        """Learn `mean_` and `scale_`, each of shape (n_features,)."""
        super().fit(X, y)
        if sample_weight is not None:
            self.mean_, sigma = moments(X, sample_weight)
            self.scale_ = np.where(np.ptp(X, axis=0) > 0, sigma, 1.0)
        return self


class Projector(PCA):
    """Principal components of the weighted covariance, about the weighted mean."""

    def fit(
        self,
        X: np.ndarray,  # noqa: N803
        y: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> Projector:
        """Learn `components_` and `mean_`."""
        if sample_weight is None:
            return super().fit(X, y)
        mean = np.average(X, axis=0, weights=sample_weight)
        scaled = np.sqrt(sample_weight)[:, np.newaxis] * (X - mean)
        # Mirrored, their mean is 0, and their covariance is the weighted one.
        super().fit(np.vstack([scaled, -scaled]))
        self.mean_ = mean
        return self

    def fit_transform(
        self,
        X: np.ndarray,  # noqa: N803
        y: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> np.ndarray:
        """Learn, and project what was learnt from."""
        if sample_weight is None:
            return super().fit_transform(X, y)
        return self.fit(X, y, sample_weight).transform(X)


class LargestEffectSelector(SelectKBest):
    """Keep the sensors with the largest F statistic between fails and passes, by weight."""

    def fit(
        self,
        X: np.ndarray,  # noqa: N803
        y: np.ndarray,
        sample_weight: np.ndarray | None = None,
    ) -> LargestEffectSelector:
        """Score the sensors of `X` against the fails in `y`: `scores_`, of shape (n_features,)."""
        super().fit(X, y)
        if sample_weight is not None:
            self.scores_ = f_statistic(X, np.asarray(y, dtype=bool), sample_weight)
        return self


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

    def fit(
        self,
        X: np.ndarray,  # noqa: N803
        y: np.ndarray,
        sample_weight: np.ndarray | None = None,
    ) -> StableEffectSelector:
        """Score the sensors of `X`, units in time order, against the fails in `y`."""
        is_fail = np.asarray(y, dtype=bool)
        weights = np.ones(len(X)) if sample_weight is None else sample_weight
        ranks = mean_ranks(X, weights) / len(X)
        fails = np.flatnonzero(is_fail)
        edges = [0, *(int(block[0]) for block in np.array_split(fails, self.n_blocks)[1:]), len(X)]
        effects = np.array(
            [
                difference(ranks[a:b], is_fail[a:b], weights[a:b])
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
