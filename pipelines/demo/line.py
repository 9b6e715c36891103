"""The line: units that are made one after another, and are told about to predictor and monitor."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import urllib3

from secom_core.dataset import Units
from secom_core.errors import RunError

_SIGMAS = 0.75


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Made:
    """Units of one window, with their names.

    Parameters
    ----------
    units : Units
    ids : tuple of str
    """

    units: Units
    ids: tuple[str, ...]


def shift(units: Units, columns: Sequence[int], *, start: int) -> Units:
    """Let sensors drift by three quarters of their standard deviations.

    Parameters
    ----------
    units : Units
    columns : sequence of int
    start : int
        First unit that is made on the changed line; what came before is the measure.
    """
    readings = units.readings.copy()
    columns = list(columns)
    readings[start:, columns] += _SIGMAS * np.nanstd(readings[:start, columns], axis=0)
    return dataclasses.replace(units, readings=readings)


def cut(units: Units, *, start: int, size: int) -> tuple[Made, ...]:
    """Cut the units from `start` on into windows of `size`; what is left over is not made."""
    stops = range(start + size, len(units) + 1, size)
    return tuple(
        Made(
            units=units.window(slice(stop - size, stop)),
            ids=tuple(f"unit-{number:04d}" for number in range(stop - size + 1, stop + 1)),
        )
        for stop in stops
    )


def score(http: urllib3.PoolManager, url: str, made: Made) -> np.ndarray:
    """Have the predictor score a window; return which units it flagged.

    Raises
    ------
    RunError
        If it answers otherwise than with scores.
    """
    units = made.units
    n_units, n_sensors = units.readings.shape
    # JSON has no NaN; null stands for "not measured".
    readings = [None if np.isnan(each) else each for each in units.readings.ravel().tolist()]
    inputs = [
        {
            "name": "readings",
            "shape": [n_units, n_sensors],
            "datatype": "FP64",
            "data": readings,
        },
        {"name": "unit_id", "shape": [n_units], "datatype": "BYTES", "data": list(made.ids)},
        {
            "name": "measured_at",
            "shape": [n_units],
            "datatype": "BYTES",
            "data": [f"{at}+00:00" for at in units.measured_at],
        },
    ]
    answer = http.request("POST", f"{url}/infer", json={"inputs": inputs})
    if answer.status != 200:
        message = f"the predictor answered {answer.status}: {answer.data.decode()[:500]}"
        raise RunError(message)
    outputs = {output["name"]: output["data"] for output in answer.json()["outputs"]}
    return np.array(outputs["flagged"], dtype=bool)


def final_test(
    http: urllib3.PoolManager, url: str, made: Made, *, token: str, at: datetime
) -> None:
    """Tell the monitor how a window did at final test.

    Raises
    ------
    RunError
        If it does not take the outcomes.
    """
    lines = [
        json.dumps(
            {"unit_id": name, "result": "fail" if is_fail else "pass", "found_at": at.isoformat()}
        )
        for name, is_fail in zip(made.ids, made.units.is_fail.tolist(), strict=True)
    ]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/x-ndjson"}
    body = "\n".join(lines).encode()
    answer = http.request("POST", f"{url}/v1/outcomes", body=body, headers=headers)
    if answer.status not in (200, 202):
        message = f"the monitor answered {answer.status}: {answer.data.decode()[:500]}"
        raise RunError(message)
