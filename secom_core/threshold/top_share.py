"""The second mode of inspection: the riskiest among the last units, without a threshold."""

from __future__ import annotations

import numpy as np

from secom_core.errors import ConfigError
from secom_core.threshold.rules import require_share, weight_of_each


def flag_top_share(
    risk: np.ndarray, *, window: int, share: float, weight: np.ndarray | None = None
) -> np.ndarray:
    """Flag each unit that ranks in the highest `share` of the last `window` units.

    The second mode: it needs no threshold and follows slow drift of the risks. A unit is ranked
    among itself and those before it, never later ones; ties rank low. The first units are ranked
    among few, so start with the risks of an earlier window and drop their flags.

    Parameters
    ----------
    risk : ndarray of shape (n_units,), in time order
    window : int
        Units to rank among, >= 1.
    share : float
        In [0, 1]: of the line's units, where units stand for more than themselves.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Returns
    -------
    ndarray of shape (n_units,), bool
    """
    if window < 1:
        message = f"window must be at least 1 unit, got {window}."
        raise ConfigError(message)
    require_share(share)
    weights = weight_of_each(risk, weight)
    rank, ranked = weights.copy(), weights.copy()
    for lag in range(1, min(window, risk.size)):
        rank[lag:] += weights[:-lag] * (risk[:-lag] >= risk[lag:])
        ranked[lag:] += weights[:-lag]
    return rank / ranked <= share
