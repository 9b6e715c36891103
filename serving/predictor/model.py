"""The data plane: one judge for REST and gRPC."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np

from secom_core.bundle import Bundle, Verdicts
from serving.predictor.errors import RequestError
from serving.predictor.tensors import (
    BOOLEAN,
    NUMBERS,
    TEXT,
    Request,
    Response,
    Tensor,
    Wanted,
    quoted,
)

MODEL_NAME = "secom"

READINGS = "readings"
UNIT_ID = "unit_id"
MEASURED_AT = "measured_at"
RISK = "risk"
FLAGGED = "flagged"

OUTPUTS = (RISK, FLAGGED, UNIT_ID)


class Predictor:
    """Answers inference requests with one bundle.

    Parameters
    ----------
    bundle : Bundle
    name_prefix : str
        What the names begin with that the server gives to requests and units without one; tells
        two servers' names apart.
    """

    def __init__(self, bundle: Bundle, *, name_prefix: str) -> None:
        self._bundle = bundle
        self._contract = bundle.contract
        self._columns = frozenset(self._contract.sensors)
        self._names = map(f"{name_prefix}-{{}}".format, itertools.count(1))

    @property
    def version(self) -> str:
        """The bundle's digest: the one version of the model that is served."""
        return self._bundle.digest

    @property
    def parameters(self) -> Mapping[str, str | float]:
        """What every answer says of the bundle that gave it."""
        return {
            "bundle_digest": self._bundle.digest,
            "run_id": self._bundle.run_id,
            "data_digest": self._bundle.data_digest,
            "threshold": self._bundle.operating_point.threshold,
        }

    @property
    def inputs(self) -> list[dict[str, object]]:
        """Inputs as model metadata describes them; -1 is the number of units."""
        return [
            {"name": READINGS, "datatype": "FP64", "shape": [-1, self._contract.n_sensors]},
            {"name": UNIT_ID, "datatype": TEXT, "shape": [-1]},
            {"name": MEASURED_AT, "datatype": TEXT, "shape": [-1]},
        ]

    @property
    def outputs(self) -> list[dict[str, object]]:
        """Outputs as model metadata describes them; -1 is the number of units."""
        return [
            {"name": RISK, "datatype": "FP64", "shape": [-1]},
            {"name": FLAGGED, "datatype": BOOLEAN, "shape": [-1]},
            {"name": UNIT_ID, "datatype": TEXT, "shape": [-1]},
        ]

    def infer(self, request: Request) -> Response:
        """Judge the units of a request.

        Raises
        ------
        RequestError
            If an input or output is unknown, missing, given twice or of the wrong form.
        ContractError
            If the readings do not fit the bundle's contract.
        """
        inputs = _by_name(request.inputs)
        wanted = _checked(request.wanted)
        readings = self._readings(inputs)
        given_ids = self._labels(inputs, n_units=len(readings))
        verdicts = self._bundle.judge(readings)
        if not wanted:
            names = OUTPUTS[:2] if given_ids is not None else OUTPUTS
            wanted = [Wanted(name) for name in names]
        return Response(
            id=request.id or next(self._names),
            outputs=[self._output(output.name, verdicts, given_ids) for output in wanted],
            binary=[
                request.binary if output.binary is None else output.binary for output in wanted
            ],
        )

    def _output(self, name: str, verdicts: Verdicts, given_ids: list[str] | None) -> Tensor:
        n_units = verdicts.risk.size
        if name == RISK:
            return Tensor(RISK, "FP64", (n_units,), verdicts.risk)
        if name == FLAGGED:
            return Tensor(FLAGGED, BOOLEAN, (n_units,), verdicts.flagged)
        ids = given_ids or list(itertools.islice(self._names, n_units))
        return Tensor(UNIT_ID, TEXT, (n_units,), ids)

    def _readings(self, inputs: Mapping[str, Tensor]) -> np.ndarray:
        for name in inputs:
            if name not in self._columns and name not in (READINGS, UNIT_ID, MEASURED_AT):
                message = (
                    f"unknown input {quoted(name)}: expected {READINGS!r} [n, "
                    f"{self._contract.n_sensors}], or one input [n] per sensor "
                    f"({self._contract.sensors[0]!r} to {self._contract.sensors[-1]!r}); "
                    f"optionally {UNIT_ID!r} and {MEASURED_AT!r}."
                )
                raise RequestError(message)
        table = inputs.get(READINGS)
        if table is None:
            return self._from_columns(inputs)
        if not self._columns.isdisjoint(inputs):
            message = f"send {READINGS!r} or one input per sensor, not both."
            raise RequestError(message)
        values = _numbers(table)
        if len(table.shape) != 2 or not table.shape[0]:
            message = (
                f"shape of {READINGS!r} must be [n, {self._contract.n_sensors}] with n >= 1, "
                f"got {list(table.shape)}."
            )
            raise RequestError(message)
        return self._contract.check(values.reshape(table.shape))

    def _from_columns(self, inputs: Mapping[str, Tensor]) -> np.ndarray:
        missing = [sensor for sensor in self._contract.sensors if sensor not in inputs]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            message = (
                f"no input {READINGS!r}: expected it, or one input per sensor; "
                f"{missing[0]!r}{more} missing."
            )
            raise RequestError(message)
        columns = [inputs[sensor] for sensor in self._contract.sensors]
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
        return self._contract.check(table)

    def _labels(self, inputs: Mapping[str, Tensor], *, n_units: int) -> list[str] | None:
        measured_at = inputs.get(MEASURED_AT)
        if measured_at is not None:
            _require_times(_texts(measured_at, n_units))
        unit_ids = inputs.get(UNIT_ID)
        return None if unit_ids is None else _texts(unit_ids, n_units)


def _by_name(inputs: Sequence[Tensor]) -> dict[str, Tensor]:
    named = {tensor.name: tensor for tensor in inputs}
    if len(named) != len(inputs):
        raise RequestError(_twice("input", (tensor.name for tensor in inputs)))
    return named


def _checked(wanted: Sequence[Wanted]) -> Sequence[Wanted]:
    names = {output.name for output in wanted}
    if len(names) != len(wanted):
        raise RequestError(_twice("output", (output.name for output in wanted)))
    for name in names.difference(OUTPUTS):
        message = f"unknown output {quoted(name)}: expected some of {', '.join(OUTPUTS)}."
        raise RequestError(message)
    return wanted


def _twice(what: str, names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return f"{what} {quoted(name)} is given twice: send it once."
        seen.add(name)
    return f"an {what} is given twice."


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


def _require_times(texts: list[str]) -> None:
    for unit, text in enumerate(texts):
        try:
            offset = datetime.fromisoformat(text).utcoffset()
        except ValueError:
            offset = None
        if offset is None:
            message = (
                f"{MEASURED_AT!r} of unit {unit} (counted from 0) must be an ISO 8601 time with "
                f"offset, such as 2008-07-19T11:55:00+00:00, got {quoted(text)}."
            )
            raise RequestError(message)
