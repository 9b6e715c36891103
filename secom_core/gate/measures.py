"""The two measurements that the gate takes: is there signal, and who ranks later units better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from secom_core.errors import EvidenceError
from secom_core.evaluation import auc_figure, auc_lower_bound, probability_better
from secom_core.gate.conditions import MIN_LATER_FAILS
from secom_core.gate.contenders import Contender, Holdout, Trial
from secom_core.gate.verdict import Contest, Signal


def measure_signal(
    challenger: Contender, trial: Trial, holdout: Holdout, *, level: float, seed: int
) -> Signal:
    """Measure the AUC on the development windows and the holdout together.

    The holdout alone holds too few fails to tell a weak signal from none.
    """
    is_fail = np.concatenate([trial.development_is_fail, holdout.is_fail])
    risk = np.concatenate([trial.development_risk, challenger.risk])
    weight = _joined(trial.development_weight, holdout.weight)
    has_both = holdout.is_fail.any() and not holdout.is_fail.all()
    return Signal(
        auc=auc_figure(is_fail, risk, seed=seed, weight=weight),
        auc_lower_bound=auc_lower_bound(is_fail, risk, level=level, seed=seed, weight=weight),
        level=level,
        holdout_auc=auc_figure(holdout.is_fail, challenger.risk, seed=seed, weight=holdout.weight)
        if has_both
        else None,
    )


def measure_inspection(trial: Trial, holdout: Holdout) -> float:
    """Measure the share of the holdout that the challenger would have inspected, by weight."""
    return float(np.average(trial.is_flagged, weights=holdout.weight))


def measure_contest(
    challenger: Contender, champion: Contender, holdout: Holdout, *, level: float, seed: int
) -> Contest:
    """Compare both on the units of the holdout that are later than everything either has seen.

    Units measured in the very second of the last one seen are left out.
    """
    last_seen = max(challenger.seen_until, champion.seen_until)
    is_later = holdout.measured_at > last_seen
    is_fail = holdout.is_fail[is_later]
    contest = Contest(
        later_than=str(last_seen.astype("datetime64[s]")),
        n_units=is_fail.size,
        n_fails=int(is_fail.sum()),
        challenger_auc=None,
        champion_auc=None,
        probability_better=None,
        probability_needed=1 - level,
    )
    if contest.n_fails < MIN_LATER_FAILS or contest.n_fails == contest.n_units:
        return contest
    weight = None if holdout.weight is None else holdout.weight[is_later]
    risks = challenger.risk[is_later], champion.risk[is_later]
    return replace(
        contest,
        challenger_auc=auc_figure(is_fail, risks[0], seed=seed, weight=weight),
        champion_auc=auc_figure(is_fail, risks[1], seed=seed, weight=weight),
        probability_better=probability_better(
            is_fail, *risks, level=level, seed=seed, weight=weight
        ),
    )


def _joined(development: np.ndarray | None, holdout: np.ndarray | None) -> np.ndarray | None:
    if development is None and holdout is None:
        return None
    if development is None or holdout is None:
        message = "expected weights for development and holdout, got them for one of both."
        raise EvidenceError(message)
    return np.concatenate([development, holdout])
