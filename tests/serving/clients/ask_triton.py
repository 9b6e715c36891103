"""Ask with Triton's clients; readings come on stdin and answers go to stdout, as JSON.

In a process of its own: its protobuf messages have the names of kserve's.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import tritonclient.grpc
import tritonclient.http


def _ask(module: Any, address: str, readings: np.ndarray, **forms: Any) -> dict[str, Any]:
    client = module.InferenceServerClient(address)
    tensor = module.InferInput("readings", list(readings.shape), "FP64")
    tensor.set_data_from_numpy(readings, **forms)
    ids = module.InferInput("unit_id", [len(readings)], "BYTES")
    names = np.array([f"unit ü {row}" for row in range(len(readings))], dtype=np.object_)
    ids.set_data_from_numpy(names, **forms)
    outputs = [
        module.InferRequestedOutput(
            name, **({} if module is tritonclient.grpc else {"binary_data": bool(forms)})
        )
        for name in ("risk", "flagged", "unit_id")
    ]
    answer = client.infer("secom", [tensor, ids], outputs=outputs, request_id="9")
    return {
        "ready": client.is_server_ready() and client.is_model_ready("secom"),
        "live": client.is_server_live(),
        "risk": answer.as_numpy("risk").tolist(),
        "flagged": answer.as_numpy("flagged").tolist(),
        "unit_id": [
            name.decode() if isinstance(name, bytes) else name
            for name in answer.as_numpy("unit_id").tolist()
        ],
    }


def _explanation(grpc: str, readings: np.ndarray) -> list[str]:
    tensor = tritonclient.grpc.InferInput("readings", list(readings.shape), "FP64")
    tensor.set_data_from_numpy(readings)
    wanted = [tritonclient.grpc.InferRequestedOutput("explanation")]
    client = tritonclient.grpc.InferenceServerClient(grpc)
    answer = client.infer("secom", [tensor], outputs=wanted)
    return [text.decode() for text in answer.as_numpy("explanation").tolist()]


def _all(http: str, grpc: str, readings: np.ndarray) -> dict[str, Any]:
    host = http.removeprefix("http://")
    return {
        "http json": _ask(tritonclient.http, host, np.nan_to_num(readings), binary_data=False),
        "http binary": _ask(tritonclient.http, host, readings, binary_data=True),
        "grpc": _ask(tritonclient.grpc, grpc, readings),
        "metadata": tritonclient.http.InferenceServerClient(host).get_model_metadata("secom"),
        "metadata over grpc": tritonclient.grpc.InferenceServerClient(grpc).get_model_metadata(
            "secom", as_json=True
        ),
        "server over grpc": tritonclient.grpc.InferenceServerClient(grpc).get_server_metadata(
            as_json=True
        ),
        "explanation over grpc": _explanation(grpc, readings),
    }


if __name__ == "__main__":
    asked = np.array(json.load(sys.stdin), dtype=np.float64)
    json.dump(_all(sys.argv[1], sys.argv[2], asked), sys.stdout)
