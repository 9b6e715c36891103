"""What a report is drawn from: the objects of one run, as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from secom_core.errors import EvidenceError
from secom_core.windows import Timeline, timeline

if TYPE_CHECKING:
    import numpy as np

    from secom_core.bundle import Bundle
    from secom_core.config import TrainingConfig
    from secom_core.dataset import Units
    from secom_core.hindsight import Hindsight
    from secom_core.judgement import Judgement
    from secom_core.selection import Comparison


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportData:
    """All that one run found out.

    Parameters
    ----------
    run_id : str
        Pipeline run.
    made_at : str
        When, for people to read; the report asks no clock.
    units : Units
        All units of the run in time order.
    config : TrainingConfig
    comparison : Comparison
        Of all contenders.
    challenger : Bundle
        The one that went to the gate.
    judgement : Judgement
        The gate's verdict on it, and the risks for the holdout.
    hindsight : Hindsight
        Of the family that was chosen.
    effects : ndarray of shape (n_holdout, n_read)
        Changes of the challenger's risk on the holdout by sensor: `explain.effects`.

    Raises
    ------
    EvidenceError
        If the judgement or the effects are not of the holdout of these units.
    """

    run_id: str
    made_at: str
    units: Units
    config: TrainingConfig
    comparison: Comparison
    challenger: Bundle
    judgement: Judgement
    hindsight: Hindsight
    effects: np.ndarray

    def __post_init__(self) -> None:
        n_units = len(self.holdout)
        if self.judgement.risk.shape != (n_units,):
            message = (
                f"expected a risk for each of the {n_units} units of the holdout, got "
                f"{self.judgement.risk.size}. Judgement and units must be of one run."
            )
            raise EvidenceError(message)
        expected = (n_units, len(self.challenger.sensors_read))
        if self.effects.shape != expected:
            message = (
                f"expected effects on {expected[0]} units of {expected[1]} sensors, got "
                f"{'×'.join(map(str, self.effects.shape))}. Ask `explain.effects` for the "
                "challenger on the holdout."
            )
            raise EvidenceError(message)

    @property
    def cuts(self) -> Timeline:
        """The windows of the run."""
        return timeline(len(self.units), self.config.shares)

    @property
    def holdout(self) -> Units:
        """The units that only the gate scored."""
        return self.units.window(self.cuts.holdout)
