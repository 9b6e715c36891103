"""What was decided, and between whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from secom_core.evaluation import Figure, capture_rate_at
from secom_core.gate import Contest
from secom_core.report.data import ReportData
from secom_core.report.words import count, percent

_TITLES = {
    "promote": "A new champion",
    "keep": "The champion stays",
    "none": "No champion",
}
_FATES = {
    "promote": "replaced by the challenger",
    "keep": "goes on serving",
}
_BASES = {
    "judged": "Judged in this run.",
    "recorded": "Judged in an earlier run; the recorded verdict stands.",
    "refused": "Not judged.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two bundles, and how it did on units later than what either has seen."""

    role: str
    digest: str
    note: str
    did: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    """What the first section shows beside the verdict's own fields."""

    title: str
    opening: str
    reasons: tuple[str, ...]
    basis: str
    sides: tuple[Side, ...]
    compared: str


def verdict_view(data: ReportData) -> VerdictView:
    """Put the verdict in words."""
    verdict = data.judgement.verdict
    opening, *reasons = verdict.reasons
    compared = ""
    if contest := verdict.contest:
        compared = (
            f"Compared on the {count(contest.n_units, 'unit')} measured after "
            f"{contest.later_than.replace('T', ' ')}, the last that either has seen; "
            f"{count(contest.n_fails, 'fail')} among them."
        )
    return VerdictView(
        title=_TITLES[verdict.decision],
        opening=opening,
        reasons=tuple(reasons),
        basis=_BASES[verdict.basis],
        sides=_sides(data),
        compared=compared,
    )


def _sides(data: ReportData) -> tuple[Side, ...]:
    judgement, card = data.judgement, data.challenger.card
    verdict = judgement.verdict
    kind = "the synthetic twin" if card.is_synthetic else "real units"
    challenger = Side(
        role="Challenger",
        digest=data.challenger.digest,
        note=f"{card.family}, made from {kind} until {card.seen_until.replace('T', ' ')}",
        did=_on_later_units(data, judgement.risk, lambda contest: contest.challenger_auc),
    )
    if not verdict.champion:
        return (challenger,)
    champion = Side(
        role="Champion",
        digest=verdict.champion,
        note=_FATES[verdict.decision],
        did=_on_later_units(data, judgement.champion_risk, lambda contest: contest.champion_auc),
    )
    return (challenger, champion)


def _on_later_units(
    data: ReportData, risk: np.ndarray | None, auc_in: Callable[[Contest], Figure | None]
) -> str:
    verdict = data.judgement.verdict
    contest = verdict.contest
    auc = auc_in(contest) if contest else None
    # The risks are this run's; a recorded contest may have been with another champion.
    if contest is None or auc is None or risk is None or verdict.basis != "judged":
        return ""
    is_later = data.holdout.measured_at > np.datetime64(contest.later_than)
    later = data.holdout.take(is_later)
    capacity = data.challenger.operating_point.max_inspection_rate
    caught = capture_rate_at(later.is_fail, risk[is_later], capacity, weight=later.weight)
    return f"AUC {auc}; {percent(caught)} of the fails in the riskiest {capacity:.0%}"
