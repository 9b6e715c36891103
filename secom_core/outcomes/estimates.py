"""Figures of weighed units, and how sure one may be of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from secom_core.evaluation import Figure, sweep
from secom_core.evaluation.bootstrap import as_figure
from secom_core.evaluation.reliability import calibration_slopes
from secom_core.evaluation.sweep import Ranking, require_probabilities
from secom_core.outcomes.sampling import Sample

_CELLS = 100_000
"""Resamples times units held at once: arrays that stay in the processor's cache."""


def estimates(
    sample: Sample, risk: np.ndarray, *, seed: int, n_resamples: int
) -> dict[str, Figure]:
    """Estimate what the model does to all units that the sample stands for.

    The intervals are a Bayesian bootstrap within the flagged and within the others. The plain
    bootstrap is sure of what it has not seen: where 16 units were audited and all passed, it says
    that nothing escapes. Here half a fail and half a pass beyond those seen (Jeffreys's prior) are
    spread over the risks of each kind, so that the interval tells how little 16 units say.

    Parameters
    ----------
    sample : Sample
        With passes and fails.
    risk : ndarray of shape (n_sampled,), in [0, 1]
    seed : int
    n_resamples : int

    Returns
    -------
    dict of str to Figure
        `auc`; `capture_rate`, flagged fails ÷ fails; `escape_rate`, fails among the unflagged ÷
        unflagged; `calibration_slope`.

    Raises
    ------
    EvidenceError
        If a risk is no probability, or passes or fails are absent.

    References
    ----------
    .. [1] D. B. Rubin, "The Bayesian bootstrap", Annals of Statistics 9, 1981.
    .. [2] L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion",
       Statistical Science 16, 2001.
    """
    require_probabilities(sample.is_fail, risk)
    # Each unit twice, as what it was and as the other: that one only half a unit's share falls to.
    is_fail = np.concatenate([sample.is_fail, ~sample.is_fail])
    flagged, risks = np.tile(sample.flagged, 2), np.tile(risk, 2)
    ranking = Ranking(is_fail, risks)

    def measures(weights: np.ndarray) -> dict[str, np.ndarray]:
        caught, escaped = weights @ (is_fail & flagged), weights @ (is_fail & ~flagged)
        return {
            "auc": sweep.auc(ranking.sweep(weights)),
            "capture_rate": caught / (caught + escaped),
            "escape_rate": escaped / (weights @ ~flagged),
            "calibration_slope": calibration_slopes(weights, is_fail, risks),
        }

    observed = measures(np.pad(sample.weight, (0, len(sample)))[np.newaxis])
    drawn = [measures(w) for w in _resamples(sample, seed=seed, n_resamples=n_resamples)]
    return {
        name: _around(value[0], np.concatenate([chunk[name] for chunk in drawn]))
        for name, value in observed.items()
    }


def _around(value: float, drawn: np.ndarray) -> Figure:
    figure = as_figure(value, drawn)
    # Nothing seen to escape is a value at the edge, and the edge belongs to the interval then.
    return Figure(figure.value, min(figure.low, figure.value), max(figure.high, figure.value))


def _resamples(sample: Sample, *, seed: int, n_resamples: int) -> Iterator[np.ndarray]:
    """Draw weights of shape (n_chunk, 2 n_sampled), each kind's adding up to its scored units."""
    generator = np.random.default_rng(seed)
    chunk = max(1, _CELLS // (2 * len(sample)))
    kinds = (sample.flagged, sample.n_flagged), (~sample.flagged, sample.n_unflagged)
    for start in range(0, n_resamples, chunk):
        weights = np.zeros((min(chunk, n_resamples - start), 2, len(sample)))
        for kind, n_scored in kinds:
            of = np.flatnonzero(kind)
            if of.size:
                weights[:, :, of] = _drawn(generator, sample, of, len(weights)) * n_scored
        yield weights.reshape(len(weights), -1)


def _drawn(
    generator: np.random.Generator, sample: Sample, of: np.ndarray, n_resamples: int
) -> np.ndarray:
    """Draw shares of shape (n_resamples, 2, n_of): of what each unit was, and of the other."""
    is_fail, weight = sample.is_fail[of], sample.weight[of]
    fails, passes = generator.gamma(0.5, size=(2, n_resamples, 1)) / of.size
    shares = np.stack([np.where(is_fail, fails, passes), np.where(is_fail, passes, fails)], axis=1)
    shares[:, 0] += generator.exponential(size=(n_resamples, of.size)) * weight / weight.mean()
    return shares / shares.sum(axis=(1, 2), keepdims=True)
