"""Which contender challenges: the best family, if it beats the reference by more than noise."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from secom_core.evaluation import probability_better
from secom_core.evidence import REFERENCE, Evidence
from secom_core.windows import timeline

if TYPE_CHECKING:
    from secom_core.config import TrainingConfig
    from secom_core.dataset import Units

SURE_ENOUGH = 0.9
"""Probability of a higher AUC from which a family counts as better than the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The contender that goes to the gate.

    Parameters
    ----------
    family : str
    best_searched : str
        Searched family with the highest AUC.
    probability_better : float
        That its AUC exceeds the reference's, by paired bootstrap on the compared units.
    reason : str
        In plain words.
    """

    family: str
    best_searched: str
    probability_better: float
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The contenders of one run side by side.

    Parameters
    ----------
    choice : Choice
    evidence : tuple of Evidence
        Of every contender, the highest AUC first.
    """

    choice: Choice
    evidence: tuple[Evidence, ...]

    @property
    def chosen(self) -> Evidence:
        """Evidence for the contender that goes to the gate."""
        (chosen,) = (found for found in self.evidence if found.family == self.choice.family)
        return chosen

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "choice": self.choice.to_json(),
            "evidence": [found.to_json() for found in self.evidence],
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Comparison:
        """Read what `to_json` wrote."""
        return cls(
            choice=Choice(**fields["choice"]),
            evidence=tuple(Evidence.from_json(found) for found in fields["evidence"]),
        )


def compare(evidence: Sequence[Evidence], units: Units, config: TrainingConfig) -> Comparison:
    """Compare the contenders of one run on the units that development predicted.

    Parameters
    ----------
    evidence : sequence of Evidence
        One of them the reference's.
    units : Units
        All units of the run in time order; the holdout is not looked at.
    config : TrainingConfig
    """
    compared = units.window(timeline(len(units), config.shares).compared)
    return Comparison(
        choice=choose(evidence, compared.is_fail, seed=config.seed, weight=compared.weight),
        evidence=tuple(sorted(evidence, key=_best_first)),
    )


def choose(
    evidence: Sequence[Evidence],
    is_fail: np.ndarray,
    *,
    seed: int,
    weight: np.ndarray | None = None,
) -> Choice:
    """Choose among the contenders of one run by what development says of them.

    Parameters
    ----------
    evidence : sequence of Evidence
        One of them the reference's.
    is_fail : ndarray of shape (n_compared,), bool
        Of the units that their risks are of.
    seed : int
    weight : ndarray of shape (n_compared,), optional
        How many units of the line each stands for; 1 each without it.
    """
    (reference,) = (found for found in evidence if found.family == REFERENCE)
    searched = [found for found in evidence if found.family != REFERENCE]
    best = min(searched, key=_best_first)
    probability = probability_better(
        is_fail, best.risk, reference.risk, level=1 - SURE_ENOUGH, seed=seed, weight=weight
    )
    auc, bar = best.figures.auc, reference.figures.auc
    compared = (
        f"{best.family} has the highest AUC of the searched families, {auc}; "
        f"the reference procedure has {bar}, and {best.family} is better with a probability of "
        f"{probability:.2f} ({SURE_ENOUGH} counts as better)"
    )
    if probability >= SURE_ENOUGH:
        family, reason = best.family, f"{compared}: {best.family} is chosen."
    else:
        family = REFERENCE
        reason = f"{compared}: the difference is inside the noise, so the simpler is chosen."
    return Choice(
        family=family,
        best_searched=best.family,
        probability_better=probability,
        reason=reason,
    )


def _best_first(found: Evidence) -> tuple[float, str]:
    # Named apart, so that equal AUCs do not make anything depend on the order of arrival.
    return -found.figures.auc.value, found.family
