"""What the gate decides, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from secom_core.errors import VerdictError
from secom_core.evaluation import Figure

Decision = Literal["promote", "keep", "none"]
"""The challenger becomes champion; the champion stays; there is none and none is good enough."""

Basis = Literal["judged", "recorded", "refused"]
"""Judged now; taken from the ledger; not judged at all, so the ledger does not count it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that a challenger must fulfil.

    Parameters
    ----------
    name : str
        Short, for tables.
    is_met : bool
    value, needed : str
        What was found, and what it is held against.
    reason : str
        One or two sentences for a process engineer.
    """

    name: str
    is_met: bool
    value: str
    needed: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Whether the challenger knows anything.

    Parameters
    ----------
    auc : Figure
        On the development windows and the holdout together; optimistic by the choice among
        families.
    auc_lower_bound, level : float
        One-sided bound at this level; it must be above .5.
    holdout_auc : Figure, optional
        On the holdout alone, if it holds passes and fails.
    """

    auc: Figure
    auc_lower_bound: float
    level: float
    holdout_auc: Figure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """How challenger and champion did on units later than everything either has seen.

    Parameters
    ----------
    later_than : str
        ISO time.
    n_units, n_fails : int
    challenger_auc, champion_auc : Figure, optional
        Missing if there are too few fails to compare.
    probability_better : float, optional
        Share of resamples in which the challenger's AUC is above the champion's.
    probability_needed : float
    """

    later_than: str
    n_units: int
    n_fails: int
    challenger_auc: Figure | None
    champion_auc: Figure | None
    probability_better: float | None
    probability_needed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate decides, and why.

    Parameters
    ----------
    decision : {"promote", "keep", "none"}
    basis : {"judged", "recorded", "refused"}
        Only what was judged goes into the ledger.
    reasons : tuple of str
        The decision first, then what led to it, in plain words.
    challenger, holdout : str
        Digests.
    champion : str, optional
        Digest of the champion at the time of judging.
    attempt : int
        The challenger is the so-manieth different one on this holdout, counted from 1.
    conditions : tuple of Condition
    inspection_rate : float, optional
        Of the challenger on the holdout.
    signal : Signal, optional
    contest : Contest, optional
        If there was a champion to beat.
    """

    decision: Decision
    basis: Basis
    reasons: tuple[str, ...]
    challenger: str
    holdout: str
    champion: str | None
    attempt: int
    conditions: tuple[Condition, ...] = ()
    inspection_rate: float | None = None
    signal: Signal | None = None
    contest: Contest | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON has it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Verdict:
        """Read what `to_json` wrote.

        Raises
        ------
        VerdictError
            If fields are missing, unknown or of another form.
        """
        try:
            signal, contest = fields["signal"], fields["contest"]
            read = {
                **fields,
                "reasons": tuple(fields["reasons"]),
                "conditions": tuple(Condition(**each) for each in fields["conditions"]),
                "signal": None if signal is None else Signal(**_with_figures(signal)),
                "contest": None if contest is None else Contest(**_with_figures(contest)),
            }
            return cls(**read)
        except (AttributeError, KeyError, TypeError) as error:
            message = (
                f"a recorded verdict cannot be read ({type(error).__name__}: {error}). If it is "
                "the ledger's, restore that from a backup of the store."
            )
            raise VerdictError(message) from error


def _with_figures(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: Figure(**value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }
