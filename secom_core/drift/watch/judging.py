"""From windows to a verdict: what has persisted, and how far it went."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secom_core.drift.stability import LARGE, NOTICEABLE
from secom_core.drift.watch.persistence import first_shown, persists
from secom_core.drift.watch.significance import Q
from secom_core.drift.watch.verdict import DriftingSensor, DriftVerdict, Flagging, RiskDrift
from secom_core.drift.watch.window import Moves, Window
from secom_core.errors import EvidenceError, WindowError
from secom_core.evaluation.reliability import wilson_interval
from secom_core.gate.conditions import MOST_TIMES_CAPACITY

RISK_LEVEL = 0.01
"""p-value from which risks differ. Stricter than `Q`: no other figure bears this one out, windows
share a small reference, and what follows may be a training."""


def judge_drift(
    history: Sequence[Window],
    *,
    sensors_read: Sequence[int],
    baseline: float | None,
    max_inspection_rate: float,
) -> DriftVerdict:
    """Say what drifts, how far and since when.

    A sensor drifts if its q-value is at most .05 in the newest window and in at least 2 of the last
    5, and its PSI is at least .1. So do the risks, with p-values of at most .01.

    Parameters
    ----------
    history : sequence of Window
        All of one bundle, oldest first. The more there are, the farther back `since` can reach.
    sensors_read : sequence of int
        Columns that the bundle's graph reads.
    baseline : float, optional
        Drifting share of those that is nothing new: see `fit_baseline`.
    max_inspection_rate : float
        Inspection capacity, in (0, 1].

    Raises
    ------
    EvidenceError
        If there is no window yet.
    WindowError
        If the windows are not all of one bundle.
    """
    _require_one_story(history)
    newest = history[-1]
    is_drifting = drifting([window.sensors for window in history])
    share = float(np.mean(is_drifting[list(sensors_read)])) if sensors_read else 0.0
    return DriftVerdict(
        bundle=newest.bundle,
        ended_at=newest.ended_at,
        n_windows=len(history),
        sensors=_drifting_sensors(history, is_drifting, frozenset(sensors_read)),
        share_drifting=share,
        baseline=baseline,
        is_beyond_baseline=baseline is not None and share > baseline,
        risk=_judge_risk(history),
        flagging=_judge_flagging(history, max_inspection_rate),
    )


def drifting(history: Sequence[Moves]) -> np.ndarray:
    """Whether each sensor drifts, seen from the newest window: bool, of shape (n_sensors,)."""
    return persists(_differs(history)) & (history[-1].psi >= NOTICEABLE)


def _differs(history: Sequence[Moves]) -> np.ndarray:
    return np.stack([moves.q_value for moves in history]) <= Q


def _drifting_sensors(
    history: Sequence[Window], is_drifting: np.ndarray, read: frozenset[int]
) -> tuple[DriftingSensor, ...]:
    moves = history[-1].sensors
    first = first_shown(_differs([window.sensors for window in history]))
    columns = np.flatnonzero(is_drifting)
    farthest = columns[np.argsort(-moves.psi[columns], kind="stable")]
    shift = moves.quantile_shift
    return tuple(
        DriftingSensor(
            column=column,
            is_read=column in read,
            is_large=bool(moves.psi[column] >= LARGE),
            psi=float(moves.psi[column]),
            q_value=float(moves.q_value[column]),
            quantile_shift=None if np.isnan(shift[column]) else float(shift[column]),
            missing_share=float(moves.missing_share[column]),
            since=history[first[column]].started_at,
        )
        for column in farthest.tolist()
    )


def _judge_risk(history: Sequence[Window]) -> RiskDrift:
    newest = history[-1].risk
    differs = np.array([window.risk.p_value <= RISK_LEVEL for window in history])
    is_drifting = bool(persists(differs)) and newest.psi >= NOTICEABLE
    return RiskDrift(
        is_drifting=is_drifting,
        p_value=newest.p_value,
        psi=newest.psi,
        since=history[int(first_shown(differs))].started_at if is_drifting else None,
    )


def _judge_flagging(history: Sequence[Window], capacity: float) -> Flagging:
    n_units = np.array([window.n_units for window in history])
    share = np.array([window.n_flagged for window in history]) / n_units
    low, high = wilson_interval(share, n_units)
    return Flagging(
        share=float(share[-1]),
        low=float(low[-1]),
        high=float(high[-1]),
        capacity=capacity,
        is_over=bool(persists(low > capacity)),
        is_hopeless=bool(persists(share > MOST_TIMES_CAPACITY * capacity)),
    )


def _require_one_story(history: Sequence[Window]) -> None:
    if not history:
        message = "no window yet: drift is judged once the first is full."
        raise EvidenceError(message)
    bundles = sorted({window.bundle for window in history})
    if len(bundles) > 1:
        message = (
            f"windows of {len(bundles)} bundles cannot be judged together: "
            f"{', '.join(digest[:12] for digest in bundles)}. Judge those of the champion alone."
        )
        raise WindowError(message)
