"""Requests that nobody thought of: never a 5xx, and the server lives on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import grpc
import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secom_core.bundle import Bundle
from serving.predictor.framework import pb
from tests.serving.running import Running, body_of

BOUNDED = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["readings", "unit_id", "risk", "FP64", "BYTES", "INT8", "\x1a0", "NaN"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
# Fields of every kind, most of them right: what is almost right gets furthest.
names = st.one_of(
    st.just("readings"),
    st.sampled_from(["unit_id", "measured_at", "sensor_000", "explanation"]),
    anything,
)
datatypes = st.one_of(
    st.just("FP64"),
    st.sampled_from(["FP32", "INT8", "UINT64", "BYTES", "BOOL", "FP16"]),
    anything,
)
shapes = st.one_of(st.just([1, 590]), st.lists(st.integers(-2, 600), max_size=3), anything)
data = st.one_of(
    st.just([0.5] * 590),
    st.integers(588, 592).map(lambda size: [None] * size),
    st.just([[1.0] * 590]),
    st.lists(st.floats(), min_size=590, max_size=590),
    anything,
)
parameters = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"binary_data_size": st.one_of(st.integers(-1, 5000), anything)}),
    anything,
)
tensors = st.fixed_dictionaries(
    {},
    optional={
        "name": names,
        "datatype": datatypes,
        "shape": shapes,
        "data": data,
        "parameters": parameters,
    },
)
outputs = st.lists(
    st.fixed_dictionaries({}, optional={"name": names, "parameters": parameters}), max_size=3
)
requests = st.fixed_dictionaries(
    {"inputs": st.one_of(st.lists(tensors, max_size=3), anything)},
    optional={
        "id": st.one_of(st.text(max_size=5), anything),
        "outputs": st.one_of(outputs, anything),
        "parameters": parameters,
    },
)
texts = st.one_of(requests, anything).map(lambda value: json.dumps(value).encode())


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """One connection for all requests: what follows a bad one on it must be answered too."""
    with httpx.Client(base_url=server.http, timeout=30) as opened:
        yield opened


@BOUNDED
@given(
    text=texts,
    tail=st.binary(max_size=20),
    json_size=st.one_of(st.none(), st.integers(-1, 10_000), st.just("all")),
)
def test_no_body_makes_the_server_fail(
    client: httpx.Client, text: bytes, tail: bytes, json_size: int | str | None
):
    """200 or a 4xx that says why, whatever the fields and sizes."""
    headers = {"content-type": "application/json"}
    if json_size is not None:
        headers["inference-header-content-length"] = str(
            len(text) if json_size == "all" else json_size
        )

    answer = client.post("/v2/models/secom/infer", content=text + tail, headers=headers)

    assert answer.status_code in (200, 400, 413)
    assert answer.status_code == 200 or answer.json()["error"]


@BOUNDED
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    path=st.lists(
        st.sampled_from(
            ["v1", "v2", "models", "secom", "infer", "versions", "health", "..", "%00"]
        ),
        max_size=6,
    ).map("/".join),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "accept", "x-request-id", "content-encoding", "range"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8).map(str.strip),
    ),
)
def test_no_route_makes_the_server_fail(
    client: httpx.Client, method: str, path: str, headers: dict[str, str]
):
    """Whatever is asked for, by whatever method, is there or refused."""
    answer = client.request(method, f"/{path}", headers=headers)

    assert answer.status_code in (200, 307, 400, 404, 405, 415)


messages = st.builds(
    pb.ModelInferRequest,
    model_name=st.just("secom"),
    inputs=st.lists(
        st.builds(
            pb.ModelInferRequest.InferInputTensor,
            name=st.sampled_from(["readings", "unit_id", "sensor_000", ""]),
            datatype=st.sampled_from(["FP64", "FP32", "INT8", "BYTES", "BOOL", ""]),
            shape=st.one_of(st.just([1, 590]), st.lists(st.integers(-2, 600), max_size=3)),
            contents=st.one_of(
                st.none(),
                st.just(pb.InferTensorContents(fp64_contents=[0.0] * 590)),
                st.just(pb.InferTensorContents(bytes_contents=[b"\xff"])),
                st.just(pb.InferTensorContents(int_contents=[1000] * 590)),
            ),
        ),
        max_size=2,
    ),
    raw_input_contents=st.lists(
        st.one_of(st.just(bytes(4720)), st.binary(max_size=12)), max_size=2
    ),
).map(pb.ModelInferRequest.SerializeToString)


@BOUNDED
@given(content=st.one_of(messages, st.binary(max_size=40)))
def test_no_message_makes_the_server_fail(server: Running, content: bytes):
    """An answer, or the code that says that the client is wrong."""
    with grpc.insecure_channel(server.grpc) as channel:
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        try:
            infer(content)
        except grpc.RpcError as refused:
            assert refused.code() in (  # noqa: PT017 - most messages are refused, not all
                grpc.StatusCode.INVALID_ARGUMENT,
                grpc.StatusCode.NOT_FOUND,
            )


def test_the_server_still_answers_right(server: Running, served: Bundle):
    """After all of the above the golden requests get their answers."""
    answer = server.post(body_of(served.golden.readings)).json()

    np.testing.assert_allclose(answer["outputs"][0]["data"], served.golden.risk, rtol=0, atol=1e-9)
