"""What the windows so far add up to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftingSensor:
    """A sensor that drifts, how far it has moved in the newest window, and since when.

    Parameters
    ----------
    column : int
        In the contract's order.
    is_read : bool
        Whether the bundle's graph reads it.
    is_large : bool
        Whether the PSI is `drift.LARGE` or more.
    psi, q_value, quantile_shift, missing_share : float
        As in `Moves`; the shift is None if the sensor was never measured in one of the windows.
    since : str
        ISO time at which the window began that showed it first.
    """

    column: int
    is_read: bool
    is_large: bool
    psi: float
    q_value: float
    quantile_shift: float | None
    missing_share: float
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskDrift:
    """Whether the risks drift.

    Parameters
    ----------
    is_drifting : bool
    p_value, psi : float
        Of the newest window.
    since : str, optional
        As for a sensor, if they drift.
    """

    is_drifting: bool
    p_value: float
    psi: float
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagging:
    """How much of the newest window was flagged, against inspection capacity.

    Parameters
    ----------
    share, low, high : float
        Flagged ÷ scored, and Wilson's 95 % interval of it.
    capacity : float
    is_over : bool
        Whether the whole interval lies above capacity, persistently. No sign of drift by itself: a
        threshold set on few units may have been too low from the beginning.
    is_hopeless : bool
        Whether the share is above twice the capacity, persistently.
    """

    share: float
    low: float
    high: float
    capacity: float
    is_over: bool
    is_hopeless: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftVerdict:
    """What the windows so far add up to, seen from the newest.

    Parameters
    ----------
    bundle : str
        Digest.
    ended_at : str
        ISO time of the newest window's last unit.
    n_windows : int
        With fewer than `N_HITS`, nothing can have persisted yet.
    sensors : tuple of DriftingSensor
        Those that moved farthest first.
    share_drifting : float
        Drifting sensors ÷ sensors, among those that the graph reads.
    baseline : float, optional
        Share that was seen inside the bundle's own training window; None if that was too short.
    is_beyond_baseline : bool
    risk : RiskDrift
    flagging : Flagging
    """

    bundle: str
    ended_at: str
    n_windows: int
    sensors: tuple[DriftingSensor, ...]
    share_drifting: float
    baseline: float | None
    is_beyond_baseline: bool
    risk: RiskDrift
    flagging: Flagging

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON has it."""
        return dataclasses.asdict(self)
