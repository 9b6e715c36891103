"""The conditions of the gate, one function each."""

from __future__ import annotations

import numpy as np

from secom_core.gate.contenders import Contender, Trial
from secom_core.gate.verdict import Condition, Contest, Signal

MIN_LATER_FAILS = 10
"""With fewer fails, two models cannot be told apart by any honest comparison."""

MOST_TIMES_CAPACITY = 2
"""How far the inspection rate may drift above capacity before the lab queue is hopeless."""


def signal(found: Signal) -> Condition:
    """Require an AUC that is above blind guessing even at its lower bound."""
    is_met = found.auc_lower_bound > 0.5
    seen = "It ranks fails above passes" if is_met else "It may rank units no better than guessing"
    return Condition(
        name="signal",
        is_met=is_met,
        value=f"{found.auc_lower_bound:.3f}",
        needed="> 0.500",
        reason=(
            f"{seen}: AUC {found.auc} on development windows and holdout together, "
            f"lower bound {found.auc_lower_bound:.3f} at the one-sided level {found.level:.3g}; "
            "guessing has 0.5."
        ),
    )


def tells_apart(challenger: Contender) -> Condition:
    """Require risks that differ between units."""
    n_risks = np.unique(challenger.risk).size
    is_met = n_risks > 1
    return Condition(
        name="tells units apart",
        is_met=is_met,
        value=f"{n_risks} different risks",
        needed="at least 2",
        reason=(
            "Its risks differ between units."
            if is_met
            else "It gives every unit of the holdout the same risk, so it chooses none to inspect."
        ),
    )


def inspection(rate: float, trial: Trial) -> Condition:
    """Require an inspection rate that the lab survives, on units later than the threshold."""
    most = MOST_TIMES_CAPACITY * trial.max_inspection_rate
    is_met = rate <= most
    return Condition(
        name="inspection rate",
        is_met=is_met,
        value=f"{rate:.3f}",
        needed=f"<= {most:.3f}",
        reason=(
            f"It flags {rate:.1%} of the holdout; inspection can take "
            f"{trial.max_inspection_rate:.1%}, and "
            + ("up to twice that is accepted." if is_met else "more than twice that is too much.")
        ),
    )


def golden(trial: Trial) -> Condition:
    """Require that the bundle answers here as it did in training."""
    fault = trial.golden_fault
    return Condition(
        name="golden requests",
        is_met=fault is None,
        value="as in training" if fault is None else "otherwise",
        needed="as in training",
        reason=(
            "Its golden requests are answered as in training."
            if fault is None
            else f"Its golden requests are not answered as in training: {fault}"
        ),
    )


def contract(challenger: Contender, champion: Contender) -> Condition:
    """Require that whoever sends readings to the champion can send them to the challenger."""
    is_met = challenger.contract.covers(champion.contract)
    theirs, own = champion.contract.n_sensors, challenger.contract.n_sensors
    return Condition(
        name="contract",
        is_met=is_met,
        value=f"{own} sensors",
        needed=f"the champion's {theirs} in their order, or more after them",
        reason=(
            "It takes the readings that the champion takes."
            if is_met
            else f"It takes {own} sensors that do not begin with the champion's {theirs}: "
            "whoever sends readings today would be misread or refused."
        ),
    )


def real(challenger: Contender, champion: Contender) -> Condition:
    """Require that synthetic units never replace real ones."""
    is_met = champion.is_synthetic or not challenger.is_synthetic
    kinds = {True: "synthetic", False: "real"}
    return Condition(
        name="real data",
        is_met=is_met,
        value=kinds[challenger.is_synthetic],
        needed="real" if not champion.is_synthetic else "real or synthetic",
        reason=(
            f"It was trained on {kinds[challenger.is_synthetic]} units, the champion on "
            f"{kinds[champion.is_synthetic]} ones"
            + ("." if is_met else ", and made-up data never replace real ones.")
        ),
    )


def enough_fails(contest: Contest) -> Condition:
    """Require enough fails to compare two models on units that neither has seen."""
    missing = MIN_LATER_FAILS - contest.n_fails
    return Condition(
        name="later fails",
        is_met=missing <= 0,
        value=f"{contest.n_fails}",
        needed=f">= {MIN_LATER_FAILS}",
        reason=(
            f"{contest.n_fails} of {contest.n_units} units measured after {contest.later_than}, "
            "the last that either has seen, failed"
            + ("." if missing <= 0 else f": {missing} more fails are needed to compare the two.")
        ),
    )


def better(contest: Contest) -> Condition:
    """Require that the challenger ranks units that neither has seen better than the champion."""
    found, needed = contest.probability_better, contest.probability_needed
    is_met = found is not None and found >= needed
    value = "not compared" if found is None else f"{found:.4f}"
    return Condition(
        name="better than the champion",
        is_met=is_met,
        value=value,
        needed=f">= {needed:.4f}",
        reason=(
            "Too few later fails to compare the two."
            if found is None
            else f"On units that neither has seen its AUC is {contest.challenger_auc}, "
            f"the champion's {contest.champion_auc}; the chance that it ranks better is {value}, "
            f"and {needed:.4f} is needed."
        ),
    )
