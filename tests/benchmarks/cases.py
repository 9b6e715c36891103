"""What is asked: single units and hundreds, over every way in, by one caller and by eight."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.predictor.framework import pb
from tests.benchmarks.sides import Side

_N_BODIES = {1: 64, 100: 8}


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request at one number of connections."""

    way: str  # "JSON", "binary" or "gRPC"
    n_units: int
    connections: int

    def __str__(self) -> str:
        """Name the row."""
        units = "1 unit" if self.n_units == 1 else f"{self.n_units} units"
        return f"{units}, {self.way}, {self.connections} conn."

    def fits(self, side: Side) -> bool:
        """Whether a server can be asked so."""
        if self.way == "gRPC":
            return side.grpc_port is not None
        return self.way == "JSON" or side.is_binary


@dataclass(frozen=True, slots=True)
class Bodies:
    """Requests on disk, in files named from 0."""

    folder: Path
    count: int
    json_size: int | None


CASES = (
    *(
        Case(way, n_units, connections)
        for n_units in (1, 100)
        for way in ("JSON", "binary")
        for connections in (1, 8)
    ),
    Case("gRPC", 1, 1),
    Case("gRPC", 1, 8),
)


def write_bodies(case: Case, readings: np.ndarray, folder: Path) -> Bodies:
    """Write requests for the first units, each request for others."""
    count = _N_BODIES[case.n_units]
    target = folder / f"{case.way}-{case.n_units}"
    target.mkdir(exist_ok=True)
    json_size = None
    for number in range(count):
        rows = np.arange(number * case.n_units, (number + 1) * case.n_units) % len(readings)
        json_size, content = _encoded(case.way, np.ascontiguousarray(readings[rows]))
        (target / str(number)).write_bytes(content)
    return Bodies(target, count, json_size)


def _encoded(way: str, readings: np.ndarray) -> tuple[int | None, bytes]:
    tensor = {"name": "readings", "shape": list(readings.shape), "datatype": "FP64"}
    if way == "gRPC":
        request = pb.ModelInferRequest(
            model_name="secom",
            inputs=[pb.ModelInferRequest.InferInputTensor(**tensor)],
            raw_input_contents=[readings.tobytes()],
        )
        return None, request.SerializeToString()
    if way == "JSON":
        tensor["data"] = [None if np.isnan(value) else value for value in readings.ravel().tolist()]
        return None, json.dumps({"inputs": [tensor]}, separators=(",", ":")).encode()
    tensor["parameters"] = {"binary_data_size": readings.nbytes}
    asked = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    head = json.dumps(asked, separators=(",", ":")).encode()
    return len(head), head + readings.tobytes()
