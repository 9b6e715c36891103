"""Which units to inspect: the threshold on the risk, and the rates that it yields."""

from secom_core.threshold.operating_point import OperatingPoint, Rule, set_operating_point
from secom_core.threshold.rules import n_inspectable, threshold_for, threshold_for_cost
from secom_core.threshold.top_share import flag_top_share

__all__ = [
    "OperatingPoint",
    "Rule",
    "flag_top_share",
    "n_inspectable",
    "set_operating_point",
    "threshold_for",
    "threshold_for_cost",
]
