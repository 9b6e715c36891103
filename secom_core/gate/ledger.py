"""The ledger keeps a holdout honest: it remembers who was judged on it, and with what verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from secom_core.gate.contenders import Contender, Holdout
from secom_core.gate.verdict import Decision, Verdict

MAX_ATTEMPTS = 10
"""Challengers that one holdout can judge: the next would need a million resamples, and more luck
than skill."""

_RECORDED = "This challenger has been judged on this holdout before, and that verdict stands."
_OVERTAKEN = (
    "It was to be promoted then, but another champion has come since, and a holdout judges a "
    "challenger only once."
)
_LEDGER_LOST = (
    "The champion's record says that it was judged on this holdout, but the ledger does not know "
    "it: the ledger is lost, and with it how often this holdout has been tried. Restore it from a "
    "backup of the store, or come back when newer units make a new holdout."
)
_WORN_OUT = (
    f"This holdout has judged {MAX_ATTEMPTS} different challengers; were it asked more often, one "
    "would pass by chance. Come back when newer units make a new holdout."
)


def entries_on(holdout: Holdout, ledger: Sequence[Verdict]) -> dict[str, Verdict]:
    """Find what was judged on `holdout`, by the challenger's digest."""
    return {
        verdict.challenger: verdict
        for verdict in ledger
        if verdict.holdout == holdout.digest and verdict.basis == "judged"
    }


def verdict_without_judging(
    challenger: Contender,
    champion: Contender | None,
    *,
    holdout: Holdout,
    entries: Mapping[str, Verdict],
) -> Verdict | None:
    """Repeat the recorded verdict, or refuse to judge on a lost or worn-out ledger.

    Returns
    -------
    Verdict or None
        None if the challenger may be judged.
    """
    is_lost = (
        champion is not None
        and champion.judged_on == holdout.digest
        and champion.digest not in entries
    )
    if not is_lost and challenger.digest in entries:
        return _repeated(entries[challenger.digest], champion)
    if not is_lost and len(entries) < MAX_ATTEMPTS:
        return None
    return Verdict(
        decision=no_decision(champion),
        basis="refused",
        reasons=(_LEDGER_LOST if is_lost else _WORN_OUT,),
        challenger=challenger.digest,
        holdout=holdout.digest,
        champion=champion.digest if champion else None,
        attempt=len(entries) + 1,
    )


def no_decision(champion: Contender | None) -> Decision:
    """Say no: the champion stays, or there is none and none is good enough."""
    return "keep" if champion else "none"


def _repeated(recorded: Verdict, champion: Contender | None) -> Verdict:
    """Repeat a verdict; "promote" only over who was beaten, itself, or a champion that is lost."""
    decision, reasons = no_decision(champion), (_RECORDED, *recorded.reasons)
    if recorded.decision == "promote":
        if champion is None or champion.digest in {recorded.champion, recorded.challenger}:
            decision = "promote"
        else:
            reasons = (_OVERTAKEN, *recorded.reasons)
    return replace(recorded, decision=decision, basis="recorded", reasons=reasons)
