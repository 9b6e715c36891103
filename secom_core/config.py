"""What a training run may vary; everything else is code."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from secom_core.errors import ConfigError
from secom_core.windows import Shares

Search: TypeAlias = Literal["full", "quick"]
"""How many combinations of parameters a family tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """What a training run may vary.

    Parameters
    ----------
    max_inspection_rate : float, default=0.2
        Inspection capacity as a share of all units.
    missed_fail_cost : float, default=0
        What an escape costs, in inspections; 0 sets the threshold by capacity alone.
    first_window, holdout : float
        Shares of all units: see `secom_core.windows.Shares`.
    until : float, default=1
        Share of the units, the earliest, that the run knows of: as if it were run back then.
    search : {"full", "quick"}
        Quick takes each family's first combination of parameters as it is.
    seed : int, default=0
        Seed of every random choice.
    """

    max_inspection_rate: float = 0.2
    missed_fail_cost: float = 0.0
    first_window: float = 0.4
    holdout: float = 0.2
    until: float = 1.0
    search: Search = "full"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.max_inspection_rate <= 1:
            message = (
                f"max_inspection_rate must be in (0, 1], got {self.max_inspection_rate}. "
                "It is the share of units that the lab can inspect."
            )
            raise ConfigError(message)
        if not 0 <= self.missed_fail_cost < float("inf"):
            message = (
                f"missed_fail_cost must be 0 or more, got {self.missed_fail_cost}. "
                "It counts inspections: 50 means that an escape costs as much as 50 of them."
            )
            raise ConfigError(message)
        if not 0 < self.until <= 1:
            message = (
                f"until must be in (0, 1], got {self.until}. It is the share of the units, the "
                "earliest ones, that the run knows of."
            )
            raise ConfigError(message)
        if self.search not in get_args(Search):
            message = f"search must be {' or '.join(get_args(Search))}, got {self.search!r}."
            raise ConfigError(message)
        if not 0 <= self.seed < 2**32:
            message = f"seed must be in [0, 2**32), got {self.seed}."
            raise ConfigError(message)
        _ = self.shares  # refuses impossible shares here, not in the middle of a run

    @property
    def shares(self) -> Shares:
        """Where the cuts of the time line lie."""
        return Shares(first_window=self.first_window, holdout=self.holdout)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> TrainingConfig:
        """Read what `to_json` wrote."""
        return cls(**fields)
