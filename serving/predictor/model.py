"""The data plane: one judge for REST and gRPC."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from secom_core.bundle import Bundle, Verdicts
from serving.predictor.counts import Counts
from serving.predictor.errors import RequestError
from serving.predictor.explanation import explanations
from serving.predictor.tensors import BOOLEAN, TEXT, Request, Response, Tensor, Wanted, quoted
from serving.predictor.units import MEASURED_AT, READINGS, UNIT_ID, given_twice, read_units

MODEL_NAME = "secom"

RISK = "risk"
FLAGGED = "flagged"
EXPLANATION = "explanation"

_TYPES = {RISK: "FP64", FLAGGED: BOOLEAN, UNIT_ID: TEXT, EXPLANATION: TEXT}
_BY_DEFAULT = (Wanted(RISK), Wanted(FLAGGED))
_WITH_NAMES = (*_BY_DEFAULT, Wanted(UNIT_ID))


class Predictor:
    """Answers inference requests with one bundle.

    Parameters
    ----------
    bundle : Bundle
    counts : Counts
        Is told of every unit.
    name_prefix : str
        What the names begin with that the server gives to requests and units without one; tells
        two servers' names apart.
    """

    def __init__(self, bundle: Bundle, counts: Counts, *, name_prefix: str) -> None:
        self._bundle, self._counts = bundle, counts
        self._medians = bundle.reference.median
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
        wanted = _checked(request.wanted) if request.wanted else None
        readings, ids = read_units(request.inputs, self._bundle.contract)
        verdicts = self._bundle.judge(readings)
        self._counts.judged(readings, verdicts)
        if wanted is None:
            wanted = _WITH_NAMES if ids is None else _BY_DEFAULT
        return Response(
            request.id or next(self._names),
            [self._output(output.name, readings, verdicts, ids) for output in wanted],
            [request.binary if output.binary is None else output.binary for output in wanted],
        )

    def _output(
        self, name: str, readings: np.ndarray, verdicts: Verdicts, ids: list[str] | None
    ) -> Tensor:
        n_units = len(readings)
        values: np.ndarray | list[str]
        if name == RISK:
            values = verdicts.risk
        elif name == FLAGGED:
            values = verdicts.flagged
        elif name == UNIT_ID:
            values = ids or list(itertools.islice(self._names, n_units))
        else:
            values = explanations(self._bundle, readings, self._medians)
        return Tensor(name, _TYPES[name], (n_units,), values)


def is_long(request: Request) -> bool:
    """Whether a request takes long however few units it holds."""
    return any(output.name == EXPLANATION for output in request.wanted)


def _checked(wanted: Sequence[Wanted]) -> Sequence[Wanted]:
    names = {output.name for output in wanted}
    if len(names) != len(wanted):
        raise RequestError(given_twice("output", (output.name for output in wanted)))
    for name in names.difference(_TYPES):
        message = f"unknown output {quoted(name)}: expected some of {', '.join(_TYPES)}."
        raise RequestError(message)
    return wanted
