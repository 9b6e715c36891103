"""The data plane: one judge for REST and gRPC."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from secom_core.bundle import Bundle, Verdicts
from secom_core.drift import ReferenceProfile
from serving.predictor.counts import Counts
from serving.predictor.errors import RequestError
from serving.predictor.explanation import explanations
from serving.predictor.tensors import (
    BOOLEAN,
    EXPLANATION,
    TEXT,
    Request,
    Response,
    Tensor,
    Wanted,
    quoted,
)
from serving.predictor.units import MEASURED_AT, READINGS, UNIT_ID, given_twice, read_units

MODEL_NAME = "secom"

RISK = "risk"
FLAGGED = "flagged"

_NUMBERS = tuple(map("-{}".format, range(1000)))
"""What tells the units of one request apart."""

_TYPES = {RISK: "FP64", FLAGGED: BOOLEAN, UNIT_ID: TEXT, EXPLANATION: TEXT}


class Predictor:
    """Answers inference requests with one bundle.

    Parameters
    ----------
    bundle : Bundle
    reference : ReferenceProfile
        What explanations compare with.
    counts : Counts
        Is told of every unit.
    name_prefix : str
        What the names begin with that the server gives to requests and units without one; tells
        two servers' names apart.
    """

    def __init__(
        self, bundle: Bundle, reference: ReferenceProfile, counts: Counts, *, name_prefix: str
    ) -> None:
        self._bundle, self._counts = bundle, counts
        self._medians = reference.median
        self._new_names = map(f"{name_prefix}-{{}}".format, itertools.count(1))

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
            {"name": READINGS, "datatype": "FP64", "shape": [-1, self._bundle.contract.n_sensors]},
            {"name": UNIT_ID, "datatype": TEXT, "shape": [-1]},
            {"name": MEASURED_AT, "datatype": TEXT, "shape": [-1]},
        ]

    @property
    def outputs(self) -> list[dict[str, object]]:
        """Outputs as model metadata describes them; -1 is the number of units."""
        return [
            {"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in _TYPES.items()
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
        wanted = request.wanted and _checked(request.wanted)
        readings, ids = read_units(request.inputs, self._bundle.contract)
        verdicts = self._bundle.judge(readings)
        self._counts.judged(readings, verdicts)
        shape = (len(readings),)
        if not wanted:
            outputs = [
                Tensor(RISK, "FP64", shape, verdicts.risk),
                Tensor(FLAGGED, BOOLEAN, shape, verdicts.flagged),
            ]
            if ids is None:
                outputs.append(Tensor(UNIT_ID, TEXT, shape, self._names(len(readings))))
            binary = [request.binary] * len(outputs)
        else:
            outputs = [
                Tensor(name, _TYPES[name], shape, self._values(name, readings, verdicts, ids))
                for name in (output.name for output in wanted)
            ]
            binary = [request.binary if out.binary is None else out.binary for out in wanted]
        return Response(request.id or next(self._new_names), outputs, binary)

    def _names(self, n_units: int) -> list[str]:
        name = next(self._new_names)
        if n_units == 1:
            return [name]
        if n_units > len(_NUMBERS):
            return [f"{name}-{number}" for number in range(n_units)]
        return [name + number for number in _NUMBERS[:n_units]]

    def _values(
        self, name: str, readings: np.ndarray, verdicts: Verdicts, ids: list[str] | None
    ) -> np.ndarray | list[str]:
        if name == RISK:
            return verdicts.risk
        if name == FLAGGED:
            return verdicts.flagged
        if name == UNIT_ID:
            return ids or self._names(len(readings))
        return explanations(self._bundle, readings, self._medians)


def _checked(wanted: Sequence[Wanted]) -> Sequence[Wanted]:
    names = {output.name for output in wanted}
    if len(names) != len(wanted):
        raise RequestError(given_twice("output", (output.name for output in wanted)))
    for name in names.difference(_TYPES):
        message = f"unknown output {quoted(name)}: expected some of {', '.join(_TYPES)}."
        raise RequestError(message)
    return wanted
