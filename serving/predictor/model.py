"""The data plane: one judge for REST and gRPC."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from secom_core.bundle import Bundle
from secom_core.drift import ReferenceProfile
from serving.predictor.counts import Counts
from serving.predictor.errors import RequestError
from serving.predictor.explanation import explanations
from serving.predictor.recording.recorder import Recorder
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
AUDIT = "audit"

_NUMBERS = tuple(map("-{}".format, range(1000)))
"""What tells the units of one request apart."""

_TYPES = {RISK: "FP64", FLAGGED: BOOLEAN, UNIT_ID: TEXT, EXPLANATION: TEXT}
_TYPES_WITH_AUDIT = {**_TYPES, AUDIT: BOOLEAN}


class Predictor:
    """Answers inference requests with one bundle.

    Parameters
    ----------
    bundle : Bundle
    reference : ReferenceProfile
        What explanations compare with.
    counts : Counts
        Is told of every unit.
    recorder : Recorder, optional
        Keeps every unit, and says which ones are to be audited.
    name_prefix : str
        What the names begin with that the server gives to requests and units without one; tells
        two servers' names apart.
    """

    def __init__(
        self,
        bundle: Bundle,
        reference: ReferenceProfile,
        counts: Counts,
        *,
        recorder: Recorder | None = None,
        name_prefix: str,
    ) -> None:
        self._bundle, self._counts, self._recorder = bundle, counts, recorder
        has_audit = recorder is not None and recorder.audit.share > 0
        self._types = _TYPES_WITH_AUDIT if has_audit else _TYPES
        self._default = [name for name in (RISK, FLAGGED, AUDIT) if name in self._types]
        self._default_of_nameless = [*self._default, UNIT_ID]
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
            {"name": name, "datatype": datatype, "shape": [-1]}
            for name, datatype in self._types.items()
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
        wanted = request.wanted and self._checked(request.wanted)
        readings, ids, measured_at = read_units(request.inputs, self._bundle.contract)
        verdicts = self._bundle.judge(readings)
        self._counts.judged(readings, verdicts)
        if wanted:
            order = [output.name for output in wanted]
            binary = [request.binary if out.binary is None else out.binary for out in wanted]
        else:
            order = self._default if ids else self._default_of_nameless
            binary = [request.binary] * len(order)
        request_id = request.id or next(self._new_names)
        values: dict[str, np.ndarray | list[str]] = {
            RISK: verdicts.risk,
            FLAGGED: verdicts.flagged,
        }
        if self._recorder or UNIT_ID in order:
            values[UNIT_ID] = names = ids or self._names(len(readings))
        if self._recorder:
            values[AUDIT] = self._recorder.record(
                verdicts, readings, request_id=request_id, unit_ids=names, measured_at=measured_at
            )
        if EXPLANATION in order:
            values[EXPLANATION] = explanations(self._bundle, readings, self._medians)
        shape = (len(readings),)
        outputs = [Tensor(name, self._types[name], shape, values[name]) for name in order]
        return Response(request_id, outputs, binary)

    def _checked(self, wanted: Sequence[Wanted]) -> Sequence[Wanted]:
        names = {output.name for output in wanted}
        if len(names) != len(wanted):
            raise RequestError(given_twice("output", (output.name for output in wanted)))
        for name in names.difference(self._types):
            message = f"unknown output {quoted(name)}: expected some of {', '.join(self._types)}."
            raise RequestError(message)
        return wanted

    def _names(self, n_units: int) -> list[str]:
        name = next(self._new_names)
        if n_units == 1:
            return [name]
        if n_units > len(_NUMBERS):
            return [f"{name}-{number}" for number in range(n_units)]
        return [name + number for number in _NUMBERS[:n_units]]
