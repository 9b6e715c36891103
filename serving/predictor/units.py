"""The units of a request: their readings, and the names and times that came with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter

import numpy as np

from secom_core.contract import Contract
from serving.predictor.errors import RequestError
from serving.predictor.tensors import NUMBERS, TEXT, Tensor, quoted

READINGS = "readings"
UNIT_ID = "unit_id"
MEASURED_AT = "measured_at"


def read_units(
    inputs: Sequence[Tensor], contract: Contract
) -> tuple[np.ndarray, list[str] | None, np.ndarray | None]:
    """Take the units out of a request's inputs.

    Parameters
    ----------
    inputs : sequence of Tensor
        `readings` [n, n_sensors] or one input [n] per sensor; `unit_id` and `measured_at`, each
        [n], may come with them.
    contract : Contract
        Names the sensors. Whether the readings fit it is left to its `check`.

    Returns
    -------
    readings : ndarray of shape (n_units, any)
        Numbers of any type; n_units >= 1.
    unit_ids : list of str or None
        None if the client gave none.
    measured_at : ndarray of shape (n_units,), datetime64[s], or None
        As the client wrote them, without the offset: the line's time. None if it gave none.

    Raises
    ------
    RequestError
        If an input is unknown, missing, given twice or of the wrong form.
    """
    if len(inputs) == 1 and inputs[0].name == READINGS:  # as nearly always
        return _table(inputs[0], contract), None, None
    named = {tensor.name: tensor for tensor in inputs}
    if len(named) != len(inputs):
        raise RequestError(given_twice("input", (tensor.name for tensor in inputs)))
    ids, times = named.pop(UNIT_ID, None), named.pop(MEASURED_AT, None)
    readings = _readings(named, contract)
    n_units = len(readings)
    measured_at = None if times is None else _times(_texts(times, n_units))
    return readings, None if ids is None else _texts(ids, n_units), measured_at


def given_twice(what: str, names: Iterable[str]) -> str:
    """Say which name is given twice."""
    twice, _ = max(Counter(names).items(), key=itemgetter(1))
    return f"{what} {quoted(twice)} is given twice: send it once."


def _readings(named: Mapping[str, Tensor], contract: Contract) -> np.ndarray:
    sensors = set(contract.sensors)
    for name in named:
        if name not in sensors and name != READINGS:
            message = (
                f"unknown input {quoted(name)}: expected {READINGS!r} [n, {contract.n_sensors}], "
                f"or one input [n] per sensor ({contract.sensors[0]!r} to "
                f"{contract.sensors[-1]!r}); optionally {UNIT_ID!r} and {MEASURED_AT!r}."
            )
            raise RequestError(message)
    if READINGS not in named:
        return _columns(named, contract)
    if len(named) > 1:
        message = f"send {READINGS!r} or one input per sensor, not both."
        raise RequestError(message)
    return _table(named[READINGS], contract)


def _table(table: Tensor, contract: Contract) -> np.ndarray:
    shape = table.shape
    values = table.values if isinstance(table.values, np.ndarray) else _numbers(table)
    if len(shape) != 2 or not shape[0]:
        message = (
            f"shape of {READINGS!r} must be [n, {contract.n_sensors}] with n >= 1, "
            f"got {list(shape)}."
        )
        raise RequestError(message)
    return values.reshape(shape)


def _columns(named: Mapping[str, Tensor], contract: Contract) -> np.ndarray:
    missing = [sensor for sensor in contract.sensors if sensor not in named]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        message = (
            f"no input {READINGS!r}: expected it, or one input per sensor; "
            f"{missing[0]!r}{more} missing."
        )
        raise RequestError(message)
    columns = [named[sensor] for sensor in contract.sensors]
    n_units = columns[0].shape[0] if columns[0].shape else 0
    for column in columns:
        if column.shape not in ((n_units,), (n_units, 1)) or not n_units:
            message = (
                f"shape of {column.name!r} must be [n] with one n >= 1 for all sensors, "
                f"got {list(column.shape)}."
            )
            raise RequestError(message)
    table = np.empty((n_units, len(columns)), dtype=np.float64)
    for index, column in enumerate(columns):
        table[:, index] = _numbers(column)
    return table


def _numbers(tensor: Tensor) -> np.ndarray:
    if isinstance(tensor.values, np.ndarray):
        return tensor.values
    message = (
        f"datatype of {tensor.name!r} must be FP64 (or one of {', '.join(list(NUMBERS)[1:])}), "
        f"got {tensor.datatype}."
    )
    raise RequestError(message)


def _texts(tensor: Tensor, n_units: int) -> list[str]:
    if isinstance(tensor.values, np.ndarray):
        message = f"datatype of {tensor.name!r} must be {TEXT}, got {tensor.datatype}."
        raise RequestError(message)
    if tensor.shape not in ((n_units,), (n_units, 1)):
        message = (
            f"shape of {tensor.name!r} must be [{n_units}], one per unit, got {list(tensor.shape)}."
        )
        raise RequestError(message)
    return tensor.values


def _times(texts: list[str]) -> np.ndarray:
    return np.array([_time(unit, text) for unit, text in enumerate(texts)], dtype="datetime64[s]")


def _time(unit: int, text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        if time.utcoffset() is not None:
            return time.replace(microsecond=0, tzinfo=None)
    except ValueError:
        pass
    message = (
        f"{MEASURED_AT!r} of unit {unit} (counted from 0) must be an ISO 8601 time with offset, "
        f"such as 2008-07-19T11:55:00+00:00, got {quoted(text)}."
    )
    raise RequestError(message)
