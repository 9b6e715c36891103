"""Trainings that come to nothing, and promotions that were taken back."""

from __future__ import annotations

from collections.abc import Iterator

from manifests.rules.rule import Alert, Recording
from manifests.rules.selecting import KEEP, known, recorded
from serving import metrics

FAILURES_AT_MOST, REFUSALS_AT_MOST = 1, 2

_CHAMPIONS, _RUNS = "secom:champion_rollbacks:max", "secom:runs_rolled_back:max"


def retraining_fails() -> Alert:
    """Tell that training is broken."""
    return Alert(
        name="SecomRetrainingFails",
        expr=f"{known(metrics.RETRAIN_FAILURES)} > {FAILURES_AT_MOST}",
        hold="1m",
        keep=KEEP,
        severity="ticket",
        summary="Trainings fail again and again",
        description="""
            The last {{ $value }} trainings failed: no challenger can follow the champion. Dashboard
            Lifecycle: runs.
        """,
    )


def retraining_refused() -> Alert:
    """Tell that training works, and leads to nothing better."""
    return Alert(
        name="SecomRetrainingRefused",
        expr=f"{known(metrics.RETRAIN_REFUSALS)} > {REFUSALS_AT_MOST}",
        hold="1m",
        keep=KEEP,
        severity="ticket",
        summary="The gate refuses one challenger after another",
        description="""
            The last {{ $value }} challengers were not good enough: new data alone do not mend what
            is wrong. Dashboard Lifecycle: verdicts and their reasons; dashboard Data: what moved.
        """,
    )


def rollbacks() -> Iterator[Recording]:
    """Count across restarts of the monitor, each of which begins series of its own."""
    champions = known(metrics.CHAMPION_CHANGES, 'kind="rollback"')
    runs = known(metrics.RUNS, 'pipeline="train_and_promote"', 'outcome="rolled_back"')
    yield Recording(name=_CHAMPIONS, expr=champions)
    yield Recording(name=_RUNS, expr=runs)


def promotion_rolled_back() -> Alert:
    """Tell of a bundle that was let through and did not hold."""
    return Alert(
        name="SecomPromotionRolledBack",
        expr=f"{_risen(_CHAMPIONS)}\nor\n{_risen(_RUNS)}",
        hold="0s",
        severity="ticket",
        summary="A promotion was taken back",
        description="""
            In the last hour the champion went back to an earlier bundle, or a roll-out failed and
            did: the former bundle serves. Dashboard Lifecycle: bundle history, runs.
        """,
    )


def _risen(name: str) -> str:
    return f"{recorded(name)} - min_over_time({recorded(name)}[1h]) > 0"
