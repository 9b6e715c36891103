"""The second mode of inspection: the riskiest among the last units, without a threshold."""

from __future__ import annotations

import numpy as np

from secom_core.errors import ConfigError
from secom_core.threshold.rules import n_inspectable


def flag_top_share(risk: np.ndarray, *, window: int, share: float) -> np.ndarray:
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
        In [0, 1].

    Returns
    -------
    ndarray of shape (n_units,), bool
    """
    if window < 1:
        message = f"window must be at least 1 unit, got {window}."
        raise ConfigError(message)
    rank = np.ones(risk.size, dtype=np.intp)
    for lag in range(1, min(window, risk.size)):
        rank[lag:] += risk[:-lag] >= risk[lag:]
    n_ranked = np.minimum(np.arange(1, risk.size + 1), window)
    return rank <= n_inspectable(n_ranked, share)
