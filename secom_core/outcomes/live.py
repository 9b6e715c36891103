"""How the champion does on the units that it has judged, as far as outcomes tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from secom_core.evaluation import Figure
from secom_core.evaluation.bootstrap import N_RESAMPLES
from secom_core.outcomes.estimates import estimates
from secom_core.outcomes.joining import WAYS, Joined
from secom_core.outcomes.sampling import Sample, rolling_window, sample, scored_units
from secom_core.record import Records

WINDOW_UNITS = 1_000
"""Scored units that live performance is measured on."""

LEAST = 10
"""Fails, and passes, below which no figure is worth its interval."""

State = Literal["estimated", "not_enough_outcomes", "no_audited_passes"]
STATES: tuple[State, ...] = ("estimated", "not_enough_outcomes", "no_audited_passes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Live performance over a rolling window; without figures unless its state is "estimated".

    Parameters
    ----------
    state : {"estimated", "not_enough_outcomes", "no_audited_passes"}
        The last: nobody looked at unflagged units without a reason, or none of those passed; what
        escapes, and with it everything else, cannot be estimated.
    n_units : int
        Scored units of the window, with outcome or without.
    joined : mapping of str to int
        Outcomes in the window, by how they came.
    n_fails, n_passes : int
        Outcomes that the figures come from.
    auc : Figure, optional
    capture_rate : Figure, optional
        Flagged fails ÷ fails.
    escape_rate : Figure, optional
        Unflagged fails ÷ unflagged: the false omission rate.
    calibration_slope : Figure, optional
        1 is right; below 1 the risks are too bold.
    """

    state: State
    n_units: int
    joined: Mapping[str, int]
    n_fails: int
    n_passes: int
    auc: Figure | None = None
    capture_rate: Figure | None = None
    escape_rate: Figure | None = None
    calibration_slope: Figure | None = None


def live(
    joined: Joined,
    records: Records,
    *,
    bundle: str,
    seed: int,
    n_units: int = WINDOW_UNITS,
    n_resamples: int = N_RESAMPLES,
) -> Live:
    """Estimate a bundle's live performance over the last units that outcomes tell of.

    Parameters
    ----------
    joined : Joined
    records : Records
        Those that `joined` was joined to, of all bundles.
    bundle : str
        Digest of the bundle in question.
    seed : int
        Same seed and window, same intervals.
    n_units : int, default=1000
        Of the rolling window, which ends with the newest unit whose outcome tells of the others.
    n_resamples : int, default=2000

    Raises
    ------
    EvidenceError
        If a record states a risk that is no probability.
    """
    units = scored_units(records, joined, bundle=bundle)
    window = rolling_window(records, joined, units, n_units=n_units)
    sampled = sample(records, joined, window)
    state = _state(sampled)
    figures = {}
    if state == "estimated":
        risk = records.risk[sampled.index]
        figures = estimates(sampled, risk, seed=seed, n_resamples=n_resamples)
    how = joined.how[np.isin(joined.index, window)]
    n_fails = int(np.count_nonzero(sampled.is_fail))
    return Live(
        state=state,
        n_units=len(window),
        joined={way: int(np.count_nonzero(how == way)) for way in WAYS},
        n_fails=n_fails,
        n_passes=len(sampled) - n_fails,
        **figures,
    )


def _state(sampled: Sample) -> State:
    n_fails = np.count_nonzero(sampled.is_fail)
    if min(n_fails, len(sampled) - n_fails) < LEAST or sampled.lacks_flagged:
        return "not_enough_outcomes"
    return "no_audited_passes" if sampled.lacks_unflagged_passes else "estimated"
