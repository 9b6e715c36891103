"""Which unflagged units are looked at all the same.

Escapes show only where somebody looks: a share of the units that nobody suspects is marked for
inspection, and stands for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

_N_BYTES = 8
_ALL = b"\xff" * (_N_BYTES + 1)
NONE, ONE = np.zeros(1, dtype=np.bool_), np.ones(1, dtype=np.bool_)
"""The marks of a single unit: made once."""


class Audit:
    """Draws units by a keyed hash of their names: a unit that is scored again is drawn again.

    Parameters
    ----------
    share : float
        Probability with which an unflagged unit is drawn.
    seed : int
        Of the draw, >= 0.
    """

    def __init__(self, share: float, *, seed: int) -> None:
        self.share = share
        whole = 2 ** (8 * _N_BYTES)
        # No digest is as long as what stands for all.
        self._below = int(share * whole).to_bytes(_N_BYTES, "big") if share < 1 else _ALL
        self._hash = blake2b(digest_size=_N_BYTES, key=seed.to_bytes(_N_BYTES, "big"))

    def marks(self, unit_ids: Sequence[str], flagged: np.ndarray) -> np.ndarray:
        """Return which units are to be audited: some of those that are not flagged.

        Parameters
        ----------
        unit_ids : sequence of str
        flagged : ndarray of shape (n_units,), bool

        Returns
        -------
        ndarray of shape (n_units,), bool
            Not to be written to.
        """
        if len(unit_ids) == 1:  # as nearly always
            return NONE if flagged.item() or not self._draws(unit_ids[0]) else ONE
        named = zip(unit_ids, flagged.tolist(), strict=True)
        return np.array([not seen and self._draws(name) for name, seen in named], dtype=np.bool_)

    def _draws(self, unit_id: str) -> bool:
        drawn = self._hash.copy()
        drawn.update(unit_id.encode())
        return drawn.digest() < self._below
