"""What development says of a family; read by stages that need not load what trains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from secom_core.calibration import Sigmoid
from secom_core.evaluation import Figures

FAMILIES = ("forest", "xgboost", "mlp", "logistic")
"""What is searched, the slowest first, so that two workers end together."""

REFERENCE = "reference"
"""The procedure to beat: a forest of 200 on the 40 sensors with the largest F statistic."""

Params: TypeAlias = Mapping[str, str | int | float]
"""One combination of parameters."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What development says of one family; lies beside its bundle.

    Parameters
    ----------
    family : str
    params_by_window : tuple of mapping
        What the search chose in each training window; the last is the bundle's.
    tried : tuple of (mapping, float)
        Every combination with its AUC inside the last training window.
    sigmoid : Sigmoid
        The bundle's calibration.
    risk : ndarray of shape (n_compared,)
        Of the units that the folds predict, each by the fit before it, through that sigmoid.
    figures : Figures
        Of those risks.
    fit_seconds : tuple of float
        Wall seconds of every fit.
    export_difference : float
        Largest difference in risk between scikit-learn and ONNX Runtime on any unit.
    """

    family: str
    params_by_window: tuple[Params, ...]
    tried: tuple[tuple[Params, float], ...]
    sigmoid: Sigmoid
    risk: np.ndarray
    figures: Figures
    fit_seconds: tuple[float, ...]
    export_difference: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return fields | {
            "sigmoid": dataclasses.asdict(self.sigmoid),
            "risk": self.risk.tolist(),
            "figures": self.figures.to_json(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Evidence:
        """Read what `to_json` wrote."""
        return cls(
            family=fields["family"],
            params_by_window=tuple(fields["params_by_window"]),
            tried=tuple((params, auc) for params, auc in fields["tried"]),
            sigmoid=Sigmoid(**fields["sigmoid"]),
            risk=np.array(fields["risk"]),
            figures=Figures.from_json(fields["figures"]),
            fit_seconds=tuple(fields["fit_seconds"]),
            export_difference=fields["export_difference"],
        )
