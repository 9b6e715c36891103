"""Which sensors move the risk, and whether they have moved themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.report.data import ReportData

N_SHOWN = 15
_CLEAR = 0.3
"""Cosine between readings and effects from which the direction is called clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A sensor by the mean size of its effect on the risk."""

    column: int
    name: str
    effect: float
    width: float
    direction: str


def sensors_that_matter(data: ReportData) -> tuple[Sensor, ...]:
    """Rank the sensors that the challenger reads by mean absolute change of risk."""
    bundle = data.challenger
    sizes = np.average(np.abs(data.effects), axis=0, weights=data.holdout.weight)
    largest = np.argsort(-sizes, kind="stable")[:N_SHOWN]
    most = sizes.max(initial=0.0)
    medians = bundle.reference.median
    return tuple(
        Sensor(
            column=bundle.sensors_read[index],
            name=data.units.sensors[bundle.sensors_read[index]],
            effect=float(sizes[index]),
            width=float(sizes[index] / most),
            direction=_direction(
                data.holdout.readings[:, bundle.sensors_read[index]]
                - medians[bundle.sensors_read[index]],
                data.effects[:, index],
            ),
        )
        for index in largest
        if sizes[index] > 0
    )


def _direction(distance: np.ndarray, effect: np.ndarray) -> str:
    """Tell whether readings above the median raise the risk, or those below it."""
    distance = np.nan_to_num(distance)
    size = np.sqrt((distance**2).sum() * (effect**2).sum())
    cosine = (distance * effect).sum() / size if size > 0 else 0.0
    if cosine > _CLEAR:
        return "high readings raise it"
    if cosine < -_CLEAR:
        return "low readings raise it"
    return "no single direction"
