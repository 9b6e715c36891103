"""Which mode of inspection holds capacity on later units: a threshold, or the top share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from secom_core.errors import EmptyWindowError
from secom_core.evaluation.bootstrap import N_RESAMPLES, Figure, as_figure, as_it_is, resamples
from secom_core.evaluation.sweep import require_probabilities
from secom_core.threshold import flag_top_share, threshold_for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaterWindow:
    """Units that came after the window that set the threshold, all scored by one fit.

    Parameters
    ----------
    earlier_risk : ndarray of shape (n_earlier,), in [0, 1]
        Of the units just before, in time order, which the fit has not seen either. They set the
        threshold, and later units are ranked among as many.
    risk : ndarray of shape (n_units,), in [0, 1]
        In time order.
    is_fail : ndarray of shape (n_units,), bool
    weight : ndarray of shape (n_earlier + n_units,), optional
        How many units of the line each stands for, those before included; 1 each without it.
    """

    earlier_risk: np.ndarray
    risk: np.ndarray
    is_fail: np.ndarray
    weight: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeFigures:
    """How a mode of inspection did on later windows.

    Parameters
    ----------
    inspection_rates, capture_rates : tuple of Figure
        One a window.
    distance : Figure
        Between inspection rate and capacity, either way; mean over the windows.
    """

    inspection_rates: tuple[Figure, ...]
    capture_rates: tuple[Figure, ...]
    distance: Figure


def compare_modes(
    windows: Sequence[LaterWindow],
    *,
    max_inspection_rate: float,
    seed: int,
    n_resamples: int = N_RESAMPLES,
) -> dict[str, ModeFigures]:
    """Measure how well each mode holds capacity, with intervals by stratified bootstrap.

    Parameters
    ----------
    windows : sequence of LaterWindow
    max_inspection_rate : float
        Inspection capacity, in (0, 1].
    seed : int
    n_resamples : int, default=2000

    Returns
    -------
    dict of str to ModeFigures
        Of "threshold" and "top share". Resampling takes flags as given: a unit's rank among those
        before it is not ranked anew.

    Raises
    ------
    EmptyWindowError
        If there is no window.
    EvidenceError
        If risks are missing or outside [0, 1], or a window lacks passes or fails.
    """
    if not windows:
        message = "modes of inspection are compared on later windows, got none."
        raise EmptyWindowError(message)
    for window in windows:
        require_probabilities(window.is_fail, window.risk)
    flags = {
        "threshold": [_above_threshold(window, max_inspection_rate) for window in windows],
        "top share": [_in_top_share(window, max_inspection_rate) for window in windows],
    }
    weights = [_weights(window, seed=seed, n_resamples=n_resamples) for window in windows]
    return {
        mode: _figures(flagged, windows, weights, max_inspection_rate)
        for mode, flagged in flags.items()
    }


def _weights(window: LaterWindow, *, seed: int, n_resamples: int) -> np.ndarray:
    """Weigh the window itself in row 0, its resamples in the others."""
    _, weight = _split(window)
    drawn = resamples(window.is_fail, n_resamples=n_resamples, seed=seed, weight=weight)
    return np.concatenate([as_it_is(window.is_fail, weight), *drawn])


def _figures(
    flagged: list[np.ndarray],
    windows: Sequence[LaterWindow],
    weights: list[np.ndarray],
    max_inspection_rate: float,
) -> ModeFigures:
    inspected = [w @ flags / w.sum(axis=1) for w, flags in zip(weights, flagged, strict=True)]
    caught = [
        w @ (flags & window.is_fail) / (w @ window.is_fail)
        for w, flags, window in zip(weights, flagged, windows, strict=True)
    ]
    distance = np.mean(np.abs(np.array(inspected) - max_inspection_rate), axis=0)
    return ModeFigures(
        inspection_rates=tuple(as_figure(rates[0], rates[1:]) for rates in inspected),
        capture_rates=tuple(as_figure(rates[0], rates[1:]) for rates in caught),
        distance=as_figure(distance[0], distance[1:]),
    )


def _above_threshold(window: LaterWindow, max_inspection_rate: float) -> np.ndarray:
    weight, _ = _split(window)
    threshold = threshold_for(window.earlier_risk, max_inspection_rate, weight=weight)
    return window.risk >= threshold


def _in_top_share(window: LaterWindow, max_inspection_rate: float) -> np.ndarray:
    n_ranked = window.earlier_risk.size
    in_order = np.concatenate([window.earlier_risk, window.risk])
    flagged = flag_top_share(
        in_order, window=n_ranked, share=max_inspection_rate, weight=window.weight
    )
    return flagged[n_ranked:]


def _split(window: LaterWindow) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Weights of the units before, and of the window's own."""
    if window.weight is None:
        return None, None
    n_earlier = window.earlier_risk.size
    return window.weight[:n_earlier], window.weight[n_earlier:]
