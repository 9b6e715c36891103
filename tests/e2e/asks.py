"""Asking about units over REST and gRPC, and telling apart why there is no answer."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
import httpx
import numpy as np

from serving.predictor.framework import pb
from tests.serving.running import body_of

_METHOD = "/inference.GRPCInferenceService/ModelInfer"
_OPTIONS = [
    ("grpc.enable_retries", 0),  # whoever repeats here also counts
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 200),
]
TIMEOUT_SECONDS = 30.0


class NobodyThereError(Exception):
    """The connection could not be made, or broke."""


class TurnedAwayError(Exception):
    """The answer was 503."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Units to score."""

    request_id: str
    unit_ids: Sequence[str]
    readings: np.ndarray


Ask = Callable[[Question], Sequence[float]]
"""Return the units' risks; raise one of the two errors above, or else fail the test."""


def over_rest(client: httpx.Client, url: str) -> Ask:
    """Ask over REST, on connections that stay."""

    def ask(question: Question) -> Sequence[float]:
        body = body_of(question.readings, id=question.request_id)
        names = {"name": "unit_id", "datatype": "BYTES", "shape": [len(question.unit_ids)]}
        body["inputs"].append({**names, "data": list(question.unit_ids)})
        response = require_good(post(client, url, json=body), {200})
        risks = [out["data"] for out in response.json()["outputs"] if out["name"] == "risk"]
        return list(risks[0])

    return ask


def channel_to(target: str) -> grpc.Channel:
    """Return a channel that soon finds whoever takes a dead server's place."""
    return grpc.insecure_channel(target, options=_OPTIONS)


def over_grpc(channel: grpc.Channel) -> Ask:
    """Ask over gRPC, with raw tensors."""
    call = channel.unary_unary(_METHOD)

    def ask(question: Question) -> Sequence[float]:
        try:
            content = call(_message(question), timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as exc:
            if exc.code() == grpc.StatusCode.UNAVAILABLE:  # gRPC's word for a connection that broke
                raise NobodyThereError(exc.details()) from exc
            raise
        said = pb.ModelInferResponse.FromString(content)
        names = [output.name for output in said.outputs]
        raw = dict(zip(names, said.raw_output_contents, strict=True))["risk"]
        return struct.unpack(f"<{len(question.unit_ids)}d", raw)

    return ask


def _message(question: Question) -> bytes:
    tensor = pb.ModelInferRequest.InferInputTensor
    names = b"".join(struct.pack("<I", len(name)) + name.encode() for name in question.unit_ids)
    return pb.ModelInferRequest(
        model_name="secom",
        id=question.request_id,
        inputs=[
            tensor(name="readings", shape=question.readings.shape, datatype="FP64"),
            tensor(name="unit_id", shape=[len(question.unit_ids)], datatype="BYTES"),
        ],
        raw_input_contents=[question.readings.tobytes(), names],
    ).SerializeToString()


def post(client: httpx.Client, url: str, **content: object) -> httpx.Response:
    """Post; a connection that breaks is nobody there."""
    try:
        return client.post(url, **content)
    except httpx.TransportError as exc:
        raise NobodyThereError(str(exc)) from exc


def require_good(response: httpx.Response, codes: set[int]) -> httpx.Response:
    """Return an answer with one of these codes; 503 is told apart, and no other may be."""
    if response.status_code == 503:
        raise TurnedAwayError(response.text)
    assert response.status_code in codes, f"{response.status_code}: {response.text}"
    return response
