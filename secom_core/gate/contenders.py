"""What the gate is shown: the holdout, the contenders, and what a challenger has to prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.contract import Contract


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Holdout:
    """Units that only the gate scores.

    Parameters
    ----------
    digest : str
        Names the units and their outcomes; the ledger counts by it.
    is_fail : ndarray of shape (n_units,), bool
    measured_at : ndarray of shape (n_units,), datetime64
        Never descends.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.
    """

    digest: str
    is_fail: np.ndarray
    measured_at: np.ndarray
    weight: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contender:
    """A bundle, and its risks for the holdout.

    Parameters
    ----------
    digest : str
        The bundle's name.
    contract : Contract
    is_synthetic : bool
        Whether it was made from the twin.
    seen_until : datetime64
        When the last unit was measured that fitted, calibrated or set anything in it.
    risk : ndarray of shape (n_units,), in [0, 1]
        For every unit of the holdout, scored by the bundle as it would be served.
    judged_on : str, optional
        Digest of the holdout on which it became champion, by the champion's own record.
    """

    digest: str
    contract: Contract
    is_synthetic: bool
    seen_until: np.datetime64
    risk: np.ndarray
    judged_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """What a challenger proves beside its risks for the holdout.

    Parameters
    ----------
    development_is_fail : ndarray of shape (n_compared,), bool
    development_risk : ndarray of shape (n_compared,), in [0, 1]
        Of the procedure that made the challenger, each window predicted from those before it; raw
        scores through the challenger's own sigmoid, so that they compare with its risks.
    is_flagged : ndarray of shape (n_units,), bool
        Units of the holdout that the challenger would have inspected.
    max_inspection_rate : float
        Inspection capacity, in (0, 1].
    golden_fault : str, optional
        Why its golden requests are not answered as in training; None if they are.
    development_weight : ndarray of shape (n_compared,), optional
        Beside the holdout's: both windows have weights, or neither.
    """

    development_is_fail: np.ndarray
    development_risk: np.ndarray
    is_flagged: np.ndarray
    max_inspection_rate: float
    golden_fault: str | None = None
    development_weight: np.ndarray | None = None
