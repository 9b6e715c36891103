"""Ask with KServe's own clients; readings come on stdin and answers go to stdout, as JSON.

Arguments: the addresses of REST and gRPC; for a guarded server also its authority and token.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from typing import Any

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import InferResponse


def _request(readings: np.ndarray, *, binary: bool) -> InferRequest:
    tensor = InferInput("readings", list(readings.shape), "FP64")
    tensor.set_data_from_numpy(readings, binary_data=binary)
    return InferRequest("secom", [tensor], request_id="7")


def _plain(response: InferResponse) -> dict[str, Any]:
    answers = {output.name: output.as_numpy().tolist() for output in response.outputs[:2]}
    digest = response.parameters["bundle_digest"]
    return {**answers, "id": response.id, "digest": getattr(digest, "string_param", digest)}


async def _ask(
    http: str, grpc: str, readings: np.ndarray, *, authority: str = "", token: str = ""
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    verify = ssl.create_default_context(cafile=authority) if authority else True
    async with InferenceRESTClient(RESTConfig(protocol="v2", verify=verify)) as rest:
        found["rest ready"] = await rest.is_server_ready(http)
        found["rest live"] = await rest.is_server_live(http)
        found["rest model ready"] = await rest.is_model_ready(http, "secom")
        for form, binary in (("json", False), ("binary", True)):
            # kserve's JSON writer has no null: the client's user sends NaN as binary, or no NaN.
            asked = _request(readings if binary else np.nan_to_num(readings), binary=binary)
            answer = await rest.infer(http, asked, model_name="secom", headers={**headers})
            found[f"rest {form}"] = _plain(answer)
    async with InferenceGRPCClient(
        grpc, use_ssl=bool(authority), root_certificates=authority or None
    ) as rpc:
        found["grpc ready"] = await rpc.is_server_ready()
        found["grpc live"] = await rpc.is_server_live()
        found["grpc model ready"] = await rpc.is_model_ready("secom")
        for form, binary in (("contents", False), ("raw", True)):
            asked = _request(readings, binary=binary)
            answer = await rpc.infer(asked, headers=[*headers.items()])
            found[f"grpc {form}"] = _plain(answer)
    return found


if __name__ == "__main__":
    asked = np.array(json.load(sys.stdin), dtype=np.float64)
    places, guard = sys.argv[1:3], dict(zip(("authority", "token"), sys.argv[3:], strict=False))
    json.dump(asyncio.run(_ask(*places, asked, **guard)), sys.stdout)
