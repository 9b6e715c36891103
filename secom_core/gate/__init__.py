"""The gate: whether a challenger becomes champion, decided on units that neither has seen."""

from secom_core.gate.contenders import Contender, Holdout, Trial
from secom_core.gate.judging import judge
from secom_core.gate.verdict import Condition, Contest, Decision, Signal, Verdict

__all__ = [
    "Condition",
    "Contender",
    "Contest",
    "Decision",
    "Holdout",
    "Signal",
    "Trial",
    "Verdict",
    "judge",
]
