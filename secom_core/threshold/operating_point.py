"""The operating point: a threshold, how it was set, and the rates that it yields."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from secom_core.errors import ConfigError, OneClassError
from secom_core.threshold.rules import threshold_for, threshold_for_cost

Rule = Literal["capacity", "cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """The threshold, how it was set, and the rates it yielded on the units that set it.

    Parameters
    ----------
    threshold : float
        A unit is flagged if its risk is at least this.
    rule : {"capacity", "cost"}
        What set it: the inspection capacity alone, or the least cost within it.
    max_inspection_rate : float
        Inspection capacity as a share of all units, in (0, 1].
    inspection_rate, capture_rate : float
        Flagged ÷ scored, and flagged fails ÷ fails, on the calibration window, by the weight of
        its units. Later windows yield other rates.
    n_units, n_fails : int
        Size of the calibration window.
    missed_fail_cost, inspection_cost : float, optional
        In one currency; only the cost rule has them.
    """

    threshold: float
    rule: Rule
    max_inspection_rate: float
    inspection_rate: float
    capture_rate: float
    n_units: int
    n_fails: int
    missed_fail_cost: float | None = None
    inspection_cost: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.max_inspection_rate <= 1:
            message = f"inspection capacity must be in (0, 1], got {self.max_inspection_rate}."
            raise ConfigError(message)
        if self.rule not in {"capacity", "cost"}:
            message = f"an operating point's rule is 'capacity' or 'cost', got {self.rule!r}."
            raise ConfigError(message)
        if not np.isfinite(self.threshold):
            message = f"a threshold must be finite, got {self.threshold}."
            raise ConfigError(message)

    def flags(self, risk: np.ndarray) -> np.ndarray:
        """Whether to inspect each unit: bool, of the shape of `risk`."""
        return risk >= self.threshold

    def to_json(self) -> dict[str, str | float | int | None]:
        """Return the fields as JSON has them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> OperatingPoint:
        """Read what `to_json` wrote.

        Raises
        ------
        ConfigError
            If a field is missing, unknown or out of range.
        """
        try:
            return cls(**fields)  # type: ignore[arg-type]
        except TypeError as error:
            expected = ", ".join(field.name for field in dataclasses.fields(cls))
            message = f"expected an operating point ({expected}), got {', '.join(fields)}."
            raise ConfigError(message) from error


def set_operating_point(
    risk: np.ndarray,
    is_fail: np.ndarray,
    *,
    max_inspection_rate: float,
    missed_fail_cost: float | None = None,
    inspection_cost: float = 1.0,
    weight: np.ndarray | None = None,
) -> OperatingPoint:
    """Set the operating point on a window that the model was not fitted on.

    Parameters
    ----------
    risk : ndarray of shape (n_units,), in [0, 1]
    is_fail : ndarray of shape (n_units,), bool
    max_inspection_rate : float
        Inspection capacity as a share of all units, in (0, 1].
    missed_fail_cost : float, optional
        Inspect what is cheapest within capacity; without it, inspect as much as capacity allows.
    inspection_cost : float, default=1
        In the currency of `missed_fail_cost`.
    weight : ndarray of shape (n_units,), optional
        How many units of the line each stands for; 1 each without it.

    Raises
    ------
    OneClassError
        If the window holds no fails: a capture rate needs some.
    """
    if not is_fail.any():
        message = f"an operating point needs fails to catch, got none in {is_fail.size} units."
        raise OneClassError(message)
    if missed_fail_cost is None:
        threshold = threshold_for(risk, max_inspection_rate, weight=weight)
    else:
        threshold = threshold_for_cost(
            risk,
            is_fail,
            missed_fail_cost=missed_fail_cost,
            inspection_cost=inspection_cost,
            max_inspection_rate=max_inspection_rate,
            weight=weight,
        )
    is_flagged = risk >= threshold
    of_fails = None if weight is None else weight[is_fail]
    return OperatingPoint(
        threshold=threshold,
        rule="capacity" if missed_fail_cost is None else "cost",
        max_inspection_rate=max_inspection_rate,
        inspection_rate=float(np.average(is_flagged, weights=weight)),
        capture_rate=float(np.average(is_flagged[is_fail], weights=of_fails)),
        n_units=risk.size,
        n_fails=int(is_fail.sum()),
        missed_fail_cost=missed_fail_cost,
        inspection_cost=None if missed_fail_cost is None else inspection_cost,
    )
