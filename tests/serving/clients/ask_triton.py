"""Ask with Triton's clients; readings come on stdin and answers go to stdout, as JSON.

Arguments: the addresses of REST and gRPC; for a guarded server also its authority and token. In a
process of its own: its protobuf messages have the names of kserve's.
"""

from __future__ import annotations

import json
import ssl
import sys
from typing import Any

import numpy as np
import tritonclient.grpc
import tritonclient.http


class Clients:
    """Both clients, and the headers that let them in.

    Parameters
    ----------
    http, grpc : str
        Addresses.
    authority : str, optional
        File with the certificate to trust; with it, TLS.
    token : str, optional
    """

    def __init__(self, http: str, grpc: str, authority: str = "", token: str = "") -> None:
        over_http = {
            "ssl": True,
            "ssl_context_factory": lambda: ssl.create_default_context(cafile=authority),
        }
        over_grpc = {"ssl": True, "root_certificates": authority}
        host = http.partition("://")[2]
        self.http = tritonclient.http.InferenceServerClient(host, **over_http if authority else {})
        self.grpc = tritonclient.grpc.InferenceServerClient(grpc, **over_grpc if authority else {})
        self._token = token

    @property
    def headers(self) -> dict[str, Any]:
        """What lets a request in; new each time, since the client over HTTP adds its own."""
        return {"authorization": f"Bearer {self._token}"} if self._token else {}

    def ask(self, module: Any, readings: np.ndarray, **forms: Any) -> dict[str, Any]:
        """Ask for risks, decisions and the units' own names."""
        client = self.grpc if module is tritonclient.grpc else self.http
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
        answer = client.infer(
            "secom", [tensor, ids], outputs=outputs, request_id="9", headers=self.headers
        )
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

    def explanation(self, readings: np.ndarray) -> list[str]:
        """Ask for explanations over gRPC."""
        tensor = tritonclient.grpc.InferInput("readings", list(readings.shape), "FP64")
        tensor.set_data_from_numpy(readings)
        wanted = [tritonclient.grpc.InferRequestedOutput("explanation")]
        answer = self.grpc.infer("secom", [tensor], outputs=wanted, headers=self.headers)
        return [text.decode() for text in answer.as_numpy("explanation").tolist()]

    def all(self, readings: np.ndarray) -> dict[str, Any]:
        """Ask everything."""
        return {
            "http json": self.ask(tritonclient.http, np.nan_to_num(readings), binary_data=False),
            "http binary": self.ask(tritonclient.http, readings, binary_data=True),
            "grpc": self.ask(tritonclient.grpc, readings),
            "metadata": self.http.get_model_metadata("secom", headers=self.headers),
            "metadata over grpc": self.grpc.get_model_metadata(
                "secom", as_json=True, headers=self.headers
            ),
            "server over grpc": self.grpc.get_server_metadata(as_json=True, headers=self.headers),
            "explanation over grpc": self.explanation(readings),
        }


if __name__ == "__main__":
    asked = np.array(json.load(sys.stdin), dtype=np.float64)
    json.dump(Clients(*sys.argv[1:]).all(asked), sys.stdout)
