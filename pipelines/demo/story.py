"""What the demonstration has to tell: window by window, and what happened in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["champion", "shift", "alert", "training", "verdict"]
Bounded = tuple[float, float, float]
"""A value with its 95 % interval: value, low, high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One window as the monitor saw it; what it does not know yet is None.

    Parameters
    ----------
    number : int
        From 1 on.
    measured_from, measured_until : str
        The line's time of the first and last unit.
    n_units, n_fails : int
        Fails are the line's truth, which the monitor learns later.
    champion : str
        Digest of the bundle that scored it.
    is_shifted : bool
        Whether sensors were made to drift in it.
    flagged : Bounded
        Share flagged.
    n_drifting : int, optional
        Sensors that drift, of all.
    drift_share, baseline : float, optional
        Share of the sensors read that drift, and what is usual.
    top : tuple of (str, float)
        Drifting sensors with the largest PSI.
    is_risk_drifting : bool
    auc : Bounded, optional
    live_state : str
        Why there is no AUC, where there is none.
    """

    number: int
    measured_from: str
    measured_until: str
    n_units: int
    n_fails: int
    champion: str
    is_shifted: bool
    flagged: Bounded
    n_drifting: int | None
    drift_share: float | None
    baseline: float | None
    top: tuple[tuple[str, float], ...]
    is_risk_drifting: bool
    auc: Bounded | None
    live_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened after a window; 0: before the first."""

    after: int
    kind: Kind
    text: str


@dataclass(slots=True, kw_only=True)
class Story:
    """What has been told so far.

    Parameters
    ----------
    is_synthetic : bool
    capacity : float
        Share of units that the lab can inspect.
    shifted : tuple of str
        Sensors that are made to drift.
    steps, happenings : list
        In order.
    verdict : mapping, optional
        The gate's last, as JSON; None as long as no training has ended.
    """

    is_synthetic: bool
    capacity: float = 0.0
    shifted: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    verdict: Mapping[str, Any] | None = None

    def tell(self, kind: Kind, text: str) -> None:
        """Add what has just happened."""
        self.happenings.append(Happening(after=len(self.steps), kind=kind, text=text))
