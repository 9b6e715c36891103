"""How far sensors have moved: the reference profile, and the population stability index.

What a monitor needs beyond that, tests of significance and what they add up to, lies in
`secom_core.drift.watch`: it needs SciPy, which no serving image holds.
"""

from secom_core.drift.months import MonthlyDrift, drift_by_month
from secom_core.drift.profile import ReferenceProfile, fit_reference
from secom_core.drift.stability import LARGE, NOTICEABLE, psi, psi_by_sensor

__all__ = [
    "LARGE",
    "NOTICEABLE",
    "MonthlyDrift",
    "ReferenceProfile",
    "drift_by_month",
    "fit_reference",
    "psi",
    "psi_by_sensor",
]
