"""Outcomes, and what they say of the champion."""

from __future__ import annotations

from manifests.rules.rule import RETRAIN, Alert
from manifests.rules.selecting import KEEP, known
from serving import metrics

LATE_AFTER_DAYS = 7
WINDOWS_WITHOUT = 5


def live_auc_low() -> Alert:
    """Tell that the champion at its best is worse than its card says it is at its worst."""
    high = known(metrics.LIVE, 'figure="auc"', 'bound="high"')
    promised = known(metrics.PROMISED, 'bound="low"')
    return Alert(
        name="SecomLiveAucLow",
        expr=f"{high}\n< {promised}",
        hold="1m",
        keep=KEEP,
        severity="ticket",
        labels=RETRAIN,
        summary="The champion ranks units worse than its card promises",
        description=f"""
            By outcomes so far, its AUC is at most {{{{ printf `%.3f` $value }}}} (upper bound); the
            card's lower bound is {{{{ printf `%.3f` (query `{promised}` | first | value) }}}}. A
            training is asked for. Look at fails that were not flagged: `secom trace UNIT_ID` shows
            what the champion made of each. Dashboard Model: live performance, outcomes.
        """,
    )


def outcomes_late() -> Alert:
    """Tell that units go on being scored, and nobody says how they turned out.

    Both times are the monitor's: where no unit is scored, nothing is late.
    """
    newest, outcome = known(metrics.DRIFT_WINDOW_TIME), known(metrics.OUTCOME_TIME)
    return Alert(
        name="SecomOutcomesLate",
        expr=f"""
            {newest}
            - {outcome} > {LATE_AFTER_DAYS} * 86400
            or
            (
              {known(metrics.DRIFT_WINDOWS)} >= {WINDOWS_WITHOUT}
              unless {outcome}
            )
        """,
        # After a stop of the line, outcomes may need some hours to follow the first window.
        hold="6h",
        keep=KEEP,
        severity="ticket",
        summary="Units are scored, and their outcomes do not come",
        description=f"""
            Units were scored more than {LATE_AFTER_DAYS} days after the last outcome was taken in,
            or none came in {WINDOWS_WITHOUT} windows of units. Whether the champion still ranks
            units right is unknown, and no training can learn from them. Dashboard Model: outcomes.
        """,
    )
