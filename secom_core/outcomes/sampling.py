"""Whom units with outcomes stand for.

Flagged units are looked at because they are flagged, so that outcomes come mostly from the riskiest
units; what they say of the line is found by weighing. A unit counts for as many scored units as
there are for each that was looked at, among the flagged and among the others separately. Of the
others only those count that were not picked by anybody: the audited, or all if (nearly) all were
tested. A single escape that a customer sends back stands for nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.outcomes.joining import Joined, in_order_of_scoring
from secom_core.record import Records

FULL_COVERAGE = 0.9
"""From this share of the unflagged on, their outcomes come from a test of all, whom nobody picked:
a few are always late, scrapped or lost."""

_LEAST_SHARE = 1e-6
"""Of the unflagged that were audited; keeps a weight finite if a record states none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Units with outcomes that stand for all units of a window.

    Parameters
    ----------
    index : ndarray of shape (n_sampled,), int
        Their records, in order of scoring.
    is_fail, flagged : ndarray of shape (n_sampled,), bool
    weight : ndarray of shape (n_sampled,), float64
        Scored units that each stands for.
    n_flagged, n_unflagged : int
        Scored units of the window, with outcome or without: what the weights of each kind add up
        to, unless none of that kind was looked at.
    """

    index: np.ndarray
    is_fail: np.ndarray
    flagged: np.ndarray
    weight: np.ndarray
    n_flagged: int
    n_unflagged: int

    def __len__(self) -> int:
        return len(self.index)

    @property
    def n_unflagged_known(self) -> int:
        """Unflagged units that stand for others."""
        return int(np.count_nonzero(~self.flagged))

    @property
    def lacks_flagged(self) -> bool:
        """Whether there are flagged units that nobody stands for."""
        return self.n_flagged > 0 and not self.flagged.any()

    @property
    def lacks_unflagged_passes(self) -> bool:
        """Whether no unflagged unit is known to have passed: how many escape cannot be told."""
        return not (~self.flagged & ~self.is_fail).any()


def scored_units(records: Records, joined: Joined, *, bundle: str) -> np.ndarray:
    """Pick one record for each unit that this bundle was the one to judge.

    Parameters
    ----------
    records : Records
        Of all bundles: a unit that was scored again is the later bundle's.
    joined : Joined
        Of the same records.
    bundle : str
        Digest.

    Returns
    -------
    ndarray of shape (n_units,), int
        Indices in order of scoring: of a unit's joined record, or of its last one.
    """
    names = records.unit_id.tolist()
    stands_for = {names[index]: index for index in in_order_of_scoring(records).tolist()}
    stands_for |= {names[index]: index for index in joined.index.tolist()}
    units = np.array(list(stands_for.values()), dtype=np.int64)
    units = units[records.bundle[units] == bundle]
    return units[np.lexsort((units, records.scored_at[units]))]


def rolling_window(
    records: Records, joined: Joined, units: np.ndarray, *, n_units: int
) -> np.ndarray:
    """Take the last `n_units` of `units` up to the newest one with an outcome.

    Where final test is later than inspection, the newest outcomes are of flagged units alone: the
    window ends with the newest unflagged unit that has an outcome if it tells more so.
    """
    is_known = np.isin(units, joined.index)
    ends = [_behind_last(of) for of in (is_known, is_known & ~records.flagged[units])]
    windows = [units[:end][-n_units:] for end in ends]
    return max(windows, key=lambda window: sample(records, joined, window).n_unflagged_known)


def sample(records: Records, joined: Joined, units: np.ndarray) -> Sample:
    """Weigh the units with outcomes so that they stand for all `units`.

    Parameters
    ----------
    records : Records
    joined : Joined
        Of the same records.
    units : ndarray of shape (n_units,), int
        The window: one record a unit, in order of scoring.
    """
    flagged = records.flagged[units]
    is_known = np.isin(units, joined.index)
    is_certain = flagged | _is_tested_through(flagged, is_known)
    stands = is_known & (is_certain | records.audited[units])
    share = np.clip(records.audit_share[units], _LEAST_SHARE, 1)
    # Where the share that is audited was changed, the more units the fewer were drawn then.
    weight = np.where(is_certain, 1.0, 1 / share)
    for kind in (flagged, ~flagged):
        total = float(weight[stands & kind].sum())
        weight[stands & kind] *= np.count_nonzero(kind) / total if total else 0.0
    return Sample(
        index=units[stands],
        is_fail=_outcomes(len(records), joined)[units[stands]],
        flagged=flagged[stands],
        weight=weight[stands],
        n_flagged=int(np.count_nonzero(flagged)),
        n_unflagged=int(np.count_nonzero(~flagged)),
    )


def _behind_last(mask: np.ndarray) -> int:
    return int(np.flatnonzero(mask)[-1]) + 1 if mask.any() else 0


def _is_tested_through(flagged: np.ndarray, is_known: np.ndarray) -> bool:
    """Whether (nearly) all unflagged units have outcomes."""
    return bool((~flagged).any() and np.mean(is_known[~flagged]) >= FULL_COVERAGE)


def _outcomes(n_records: int, joined: Joined) -> np.ndarray:
    """Whether each record's unit is known to have failed, of shape (n_records,)."""
    is_fail = np.zeros(n_records, dtype=np.bool_)
    is_fail[joined.index] = joined.is_fail
    return is_fail
