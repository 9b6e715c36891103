"""The judge: ledger, measurements and conditions make a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from secom_core.gate import conditions
from secom_core.gate.contenders import Contender, Holdout, Trial
from secom_core.gate.ledger import entries_on, no_decision, verdict_without_judging
from secom_core.gate.measures import measure_contest, measure_inspection, measure_signal
from secom_core.gate.verdict import Condition, Contest, Decision, Signal, Verdict

SIGNAL_LEVEL = 0.025
"""One-sided level of the AUC's lower bound: the lower end of a 95 % interval."""

CONTEST_LEVEL = 0.1
"""Chance, at most, that a promoted challenger is no better than the champion."""


_WEIGHTED = (
    "AUCs and rates are weighted: a unit counts for all those of the line that it stands for, of "
    "which not all were looked at. Fails are counted as they are."
)


def judge(
    challenger: Contender,
    champion: Contender | None,
    *,
    trial: Trial,
    holdout: Holdout,
    ledger: Sequence[Verdict],
    seed: int,
) -> Verdict:
    """Decide whether the challenger becomes champion.

    Parameters
    ----------
    challenger : Contender
    champion : Contender or None
        None: there has never been one.
    trial : Trial
        The challenger's.
    holdout : Holdout
    ledger : sequence of Verdict
        What was judged so far. Add the verdict returned here if its basis is "judged".
    seed : int
        Of the resampling; the same for all challengers.

    Returns
    -------
    Verdict
        The same challenger gets the verdict it got before. The k-th different challenger on one
        holdout is held to a level divided by 2^(k-1), so that trying seeds does not pay.

    Raises
    ------
    EvidenceError
        If a risk is missing or not finite, or there are no fails or no passes at all.
    """
    entries = entries_on(holdout, ledger)
    settled = verdict_without_judging(challenger, champion, holdout=holdout, entries=entries)
    if settled:
        return settled
    return _judged(
        challenger,
        champion,
        trial=trial,
        holdout=holdout,
        attempt=len(entries) + 1,
        seed=seed,
    )


def _judged(
    challenger: Contender,
    champion: Contender | None,
    *,
    trial: Trial,
    holdout: Holdout,
    attempt: int,
    seed: int,
) -> Verdict:
    strictness = 2 ** (attempt - 1)
    # Real and synthetic units come from different lines: there is nothing to compare them on.
    rival = champion if champion and champion.is_synthetic == challenger.is_synthetic else None
    level = SIGNAL_LEVEL if rival else SIGNAL_LEVEL / strictness
    signal = measure_signal(challenger, trial, holdout, level=level, seed=seed)
    contest = None
    if rival:
        level = CONTEST_LEVEL / strictness
        contest = measure_contest(challenger, rival, holdout, level=level, seed=seed)
    rate = measure_inspection(trial, holdout)
    checked = _checked(challenger, champion, trial=trial, signal=signal, rate=rate, contest=contest)
    is_good = all(condition.is_met for condition in checked)
    decision = "promote" if is_good else no_decision(champion)
    return Verdict(
        decision=decision,
        basis="judged",
        reasons=_reasons(decision, checked, attempt, is_weighted=holdout.weight is not None),
        challenger=challenger.digest,
        holdout=holdout.digest,
        champion=champion.digest if champion else None,
        attempt=attempt,
        conditions=checked,
        inspection_rate=rate,
        signal=signal,
        contest=contest,
    )


def _checked(
    challenger: Contender,
    champion: Contender | None,
    *,
    trial: Trial,
    signal: Signal,
    rate: float,
    contest: Contest | None,
) -> tuple[Condition, ...]:
    checked = [
        conditions.signal(signal),
        conditions.tells_apart(challenger),
        conditions.inspection(rate, trial),
        conditions.golden(trial),
    ]
    if champion:
        checked += [
            conditions.contract(challenger, champion),
            conditions.real(challenger, champion),
        ]
    if contest:
        checked += [conditions.enough_fails(contest), conditions.better(contest)]
    return tuple(checked)


def _reasons(
    decision: Decision, checked: tuple[Condition, ...], attempt: int, *, is_weighted: bool
) -> tuple[str, ...]:
    """State the decision, then what it rests on: everything if yes, what is unmet if no."""
    unmet = [condition for condition in checked if not condition.is_met]
    failing = "fails: " + ", ".join(condition.name for condition in unmet) + "."
    opening = {
        "promote": "The challenger becomes champion: it meets every condition.",
        "keep": f"The champion stays: the challenger {failing}",
        "none": f"There is no champion, and the challenger is not good enough: it {failing}",
    }[decision]
    strict = (
        f"It is challenger number {attempt} on this holdout, so chance is allowed "
        f"1/{2 ** (attempt - 1)} of what the first was allowed: trying again must not pay."
    )
    shown = unmet or checked
    return (
        opening,
        *(condition.reason for condition in shown),
        *((strict,) if attempt > 1 else ()),
        *((_WEIGHTED,) if is_weighted else ()),
    )
