"""What a single window shows may be chance; what comes back is not."""

from __future__ import annotations

import numpy as np

N_HITS, N_MEMORY = 2, 5
"""What shows now has persisted if it shows in so many of the last so many windows."""


def persists(shown: np.ndarray) -> np.ndarray:
    """Whether what the newest window shows has been there before.

    Parameters
    ----------
    shown : ndarray of shape (n_windows, ...), bool
        Oldest window first.

    Returns
    -------
    ndarray of shape (...,), bool
        True where the newest window shows it, and `N_HITS` of the last `N_MEMORY` do.
    """
    return shown[-1] & (shown[-N_MEMORY:].sum(axis=0) >= N_HITS)


def first_shown(shown: np.ndarray) -> np.ndarray:
    """Window in which what the newest one shows began: an index, of shape (...,).

    Two windows that show it belong together if one memory holds both. Where the newest window does
    not show it, its own index comes back.
    """
    first = np.full(shown.shape[1:], len(shown) - 1)
    for index in range(len(shown) - 2, -1, -1):
        is_near = shown[-1] & shown[index] & (first - index < N_MEMORY)
        first = np.where(is_near, index, first)
    return first
