"""Whatever is wrong with a request, its sender learns what, and the next request is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

from secom_core.bundle import Bundle
from serving.predictor.framework import pb
from tests.serving.running import Running, body_of

GOOD = np.zeros((2, 590))


def tensor(**changes: Any) -> dict[str, Any]:
    """Return two good units as an input, with fields changed, or removed where None."""
    fields = {
        "name": "readings",
        "shape": [2, 590],
        "datatype": "FP64",
        "data": [0.0] * 1180,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def asking(*inputs: Any, **fields: Any) -> dict[str, Any]:
    """Return a request."""
    return {"inputs": list(inputs), **fields}


def with_value(value: Any) -> dict[str, Any]:
    """Return a request whose reading of sensor_005 of the second unit is `value`."""
    data: list[Any] = [0.0] * 1180
    data[595] = value
    return asking(tensor(data=data))


def nested(depth: int) -> bytes:
    """Return a request whose data opens `depth` brackets."""
    return b'{"inputs":[{"name":"readings","shape":[2,590],"datatype":"FP64","data":' + (
        b"[" * depth + b"]" * depth + b"}]}"
    )


UNITS = tensor()
NOT_JSON = "not JSON"

BODIES: dict[str, tuple[Any, str]] = {
    "nothing": (b"", NOT_JSON),
    "no JSON": (b"readings please", NOT_JSON),
    "cut off": (json.dumps(asking(UNITS)).encode()[:-9], NOT_JSON),
    "a comma too many": (json.dumps(asking(UNITS)).encode().replace(b"0.0]", b"0.0,]"), NOT_JSON),
    "a number that is none": (
        json.dumps(asking(UNITS)).encode().replace(b"0.0]", b"0.0.0]"),
        NOT_JSON,
    ),
    "infinity": (json.dumps(with_value(float("inf"))).encode(), NOT_JSON),
    "beyond float": (json.dumps(with_value(1)).encode().replace(b" 1,", b" 1e999,"), NOT_JSON),
    "not UTF-8": (b'{"inputs": "\xff"}', NOT_JSON),
    "brackets without end": (b"[" * 100_000, NOT_JSON),
    "deep nesting": (nested(500), "ragged"),
    "very deep nesting": (nested(50_000), NOT_JSON),
    "an array": ([UNITS], "JSON object with `inputs`"),
    "a number": (1, "JSON object with `inputs`"),
    "null": (None, "JSON object with `inputs`"),
    "no inputs": ({}, "`inputs` must be an array"),
    "empty inputs": (asking(), "`inputs` must be an array of at least one"),
    "inputs that is an object": ({"inputs": UNITS}, "`inputs` must be an array"),
    "an input that is text": (asking("readings"), "`inputs` must be an array"),
    "no name": (asking(tensor(name=None)), "`name` of an input"),
    "a name that is a number": (asking(tensor(name=5)), "`name` of an input"),
    "no datatype": (asking(tensor(datatype=None)), "`datatype` of 'readings'"),
    "no shape": (asking(tensor(shape=None)), "shape of 'readings'"),
    "no data": (asking(tensor(data=None)), "`data` of 'readings'"),
    "data that is an object": (asking(tensor(data={"0": 1})), "`data` of 'readings'"),
    "data that looks like a token of the decoder": (
        asking(tensor(data="\x1a0")),
        "`data` of 'readings' must be an array",
    ),
    "data that is text": (asking(tensor(data="0,0")), "`data` of 'readings'"),
    "a wrong name": (asking(tensor(name="reading")), "unknown input 'reading'"),
    "a path for a name": (asking(tensor(name="../../etc/passwd")), "unknown input"),
    "589 columns": (asking(tensor(shape=[2, 589], data=[0.0] * 1178)), "590 readings per unit"),
    "591 columns": (asking(tensor(shape=[2, 591], data=[0.0] * 1182)), "590 readings per unit"),
    "fewer values than the shape says": (asking(tensor(data=[0.0] * 1179)), "says 1180 value"),
    "more values than the shape says": (asking(tensor(data=[0.0] * 1181)), "holds 1181"),
    "one dimension": (asking(tensor(shape=[1180])), "must be [n, 590]"),
    "three dimensions": (asking(tensor(shape=[1, 2, 590])), "must be [n, 590]"),
    "no dimension": (asking(tensor(shape=[], data=[0.0])), "must be [n, 590]"),
    "no units": (asking(tensor(shape=[0, 590], data=[])), "n >= 1"),
    "a negative shape": (asking(tensor(shape=[-2, -590])), "integers >= 0"),
    "a shape of floats": (asking(tensor(shape=[2.0, 590.0])), "integers >= 0"),
    "a shape of booleans": (asking(tensor(shape=[True, 590])), "integers >= 0"),
    "many dimensions": (asking(tensor(shape=[2**63 - 1] * 20_000)), "at most 8 integers"),
    "a huge shape": (asking(tensor(shape=[10**18, 590])), "holds 1180"),
    "ragged rows": (asking(tensor(data=[[0.0] * 590, [0.0] * 589])), "one length"),
    "rows across": (asking(tensor(data=[[0.0] * 2] * 590)), "nested as [590, 2]"),
    "rows and numbers": (asking(tensor(data=[[0.0] * 590, 0.0])), "'readings'"),
    "numbers as text": (with_value("1.5"), "got '1.5'"),
    "booleans": (with_value(True), "got True"),  # noqa: FBT003
    "an object for a number": (with_value({}), "got {}"),
    "BYTES": (asking(tensor(datatype="BYTES", data=["0"] * 1180)), "must be FP64"),
    "BOOL": (asking(tensor(datatype="BOOL", data=[True] * 1180)), "must be one of FP64"),
    "an unknown datatype": (asking(tensor(datatype="FP65")), "got 'FP65'"),
    "out of INT8": (asking(tensor(datatype="INT8", data=[128] * 1180)), "no INT8"),
    "out of UINT64": (asking(tensor(datatype="UINT64", data=[-1] * 1180)), "no UINT64"),
    "a fraction for an integer": (asking(tensor(datatype="INT32", data=[0.5] * 1180)), "no INT32"),
    "out of FP32": (asking(tensor(datatype="FP32", data=[1e39] * 1180)), "no FP32"),
    "an input twice": (asking(UNITS, UNITS), "'readings' is given twice"),
    "another input": (asking(UNITS, tensor(name="recipe")), "unknown input 'recipe'"),
    "readings and a column": (
        asking(UNITS, tensor(name="sensor_000", shape=[2], data=[0.0, 0.0])),
        "not both",
    ),
    "one column of 590": (
        asking(tensor(name="sensor_000", shape=[2], data=[0.0, 0.0])),
        "'sensor_001' and 588 more missing",
    ),
    "columns that differ": (
        asking(
            *(
                tensor(name=f"sensor_{c:03d}", shape=[2 - c // 589], data=[0.0] * (2 - c // 589))
                for c in range(590)
            )
        ),
        "'sensor_589' must be [n]",
    ),
    "too few names of units": (
        asking(UNITS, tensor(name="unit_id", shape=[1], datatype="BYTES", data=["a"])),
        "must be [2], one per unit",
    ),
    "names of units as numbers": (
        asking(UNITS, tensor(name="unit_id", shape=[2], data=[1, 2])),
        "'unit_id' must be BYTES",
    ),
    "names of units that are numbers": (
        asking(UNITS, tensor(name="unit_id", shape=[2], datatype="BYTES", data=[1, 2])),
        "must be strings",
    ),
    "a time without offset": (
        asking(
            UNITS,
            tensor(
                name="measured_at",
                shape=[2],
                datatype="BYTES",
                data=["2008-07-19T11:55:00+00:00", "2008-07-19T11:55:00"],
            ),
        ),
        "'measured_at' of unit 1",
    ),
    "a time that is none": (
        asking(
            UNITS,
            tensor(name="measured_at", shape=[2], datatype="BYTES", data=["now", "then"]),
        ),
        "ISO 8601 time with offset",
    ),
    "an unknown output": (asking(UNITS, outputs=[{"name": "label"}]), "unknown output 'label'"),
    "an output twice": (asking(UNITS, outputs=[{"name": "risk"}] * 2), "'risk' is given twice"),
    "an output that is text": (asking(UNITS, outputs=["risk"]), "`outputs` must be an array"),
    "an output without name": (asking(UNITS, outputs=[{}]), "`name` of an output"),
    "binary that is text": (
        asking(UNITS, outputs=[{"name": "risk", "parameters": {"binary_data": "yes"}}]),
        "`binary_data` must be true or false",
    ),
    "an id that is a number": (asking(UNITS, id=7), "`id` must be a string"),
    "parameters that are an array": (asking(UNITS, parameters=[]), "`parameters`"),
    "binary data that is not there": (
        asking(tensor(data=None, parameters={"binary_data_size": 9440})),
        "only 0 byte(s) are left",
    ),
    "binary data of negative size": (
        asking(tensor(data=None, parameters={"binary_data_size": -1})),
        "integer >= 0",
    ),
    "data and binary data": (asking(tensor(parameters={"binary_data_size": 8})), "both"),
}


def _require_answered(server: Running) -> None:
    assert server.post(body_of(GOOD)).status_code == 200


def _require_clean(text: str) -> None:
    for leak in ("Traceback", "/work", "site-packages", ".py", "numpy", "orjson", "\x1a"):
        assert leak not in text


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused_with_what_was_expected(server: Running, body: Any, expected: str):
    """400 with a message that names the field; no stack, no path; the server lives on."""
    refused = server.post(body)

    assert refused.status_code == 400
    assert expected in refused.json()["error"]
    _require_clean(refused.text)
    _require_answered(server)


def _binary(readings: np.ndarray, **changes: Any) -> tuple[bytes, int]:
    raw = readings.tobytes()
    fields = tensor(data=None, parameters={"binary_data_size": len(raw)}, **changes)
    text = json.dumps(asking(fields)).encode()
    return text + raw, len(text)


BINARY: dict[str, tuple[Callable[[bytes, int], tuple[bytes, Any]], str]] = {
    "cut off": (lambda body, size: (body[:-1], size), "only 9439 byte(s) are left"),
    "too long": (lambda body, size: (body + b"\0", size), "1 byte(s) behind the JSON"),
    "a header too large": (lambda body, _size: (body, len(body) + 1), "Content-Length must be"),
    "a header of zero": (lambda body, _size: (body, 0), "Content-Length must be"),
    "a header that is none": (lambda body, _size: (body, "abc"), "number of bytes"),
    "a negative header": (lambda body, _size: (body, -1), "number of bytes"),
    "a header of many digits": (lambda body, _size: (body, "9" * 5000), "number of bytes"),
    "a header in the JSON": (lambda body, size: (body, size - 1), NOT_JSON),
    "a header behind the JSON": (lambda body, size: (body, size + 1), NOT_JSON),
    "no header": (lambda body, _size: (body, None), NOT_JSON),
}


@pytest.mark.parametrize(("change", "expected"), BINARY.values(), ids=BINARY)
def test_binary_data_that_does_not_add_up_is_refused(
    server: Running, change: Callable[[bytes, int], tuple[bytes, Any]], expected: str
):
    """Sizes in header, JSON and body must agree."""
    body, size = change(*_binary(GOOD))
    headers = {} if size is None else {"inference-header-content-length": str(size)}

    refused = server.post(body, headers=headers | {"content-type": "application/octet-stream"})

    assert refused.status_code == 400
    assert expected in refused.json()["error"]
    _require_clean(refused.text)
    _require_answered(server)


def test_an_infinite_reading_in_binary_names_the_sensor(server: Running):
    """Binary data can hold infinity; the message names sensor and unit."""
    readings = GOOD.copy()
    readings[1, 5] = np.inf
    body, size = _binary(readings)

    refused = server.post(body, headers={"inference-header-content-length": str(size)})

    assert refused.status_code == 400
    assert "sensor_005 of unit 1" in refused.json()["error"]


ROUTES = {
    "an unknown model": ("POST", "/v2/models/other/infer", 404),
    "a path for a model": ("POST", "/v2/models/..%2f..%2fetc%2fpasswd/infer", 405),
    "a name with a zero": ("POST", "/v2/models/%00/infer", 404),
    "an unknown version": ("POST", "/v2/models/secom/versions/1/infer", 404),
    "an unknown model's metadata": ("GET", "/v2/models/other", 404),
    "an unknown model's readiness": ("GET", "/v2/models/other/ready", 404),
    "an unknown version's metadata": ("GET", "/v2/models/secom/versions/1", 404),
    "an unknown version's readiness": ("GET", "/v2/models/secom/versions/1/ready", 404),
    "GET on inference": ("GET", "/v2/models/secom/infer", 405),
    "DELETE on inference": ("DELETE", "/v2/models/secom/infer", 405),
    "POST on health": ("POST", "/v2/health/live", 405),
    "unloading the model": ("POST", "/v2/repository/models/secom/unload", 404),
    "loading a model": ("POST", "/v2/repository/models/other/load", 404),
    "a route that is none": ("GET", "/v3", 404),
}


@pytest.mark.parametrize(("method", "path", "status"), ROUTES.values(), ids=ROUTES)
def test_a_wrong_route_is_refused(server: Running, method: str, path: str, status: int):
    """404 for what is not there, 405 with what is allowed for a wrong method."""
    refused = httpx.request(method, server.http + path, content=b"{}")

    assert refused.status_code == status
    assert refused.json()["error"]
    assert (status == 405) == ("allow" in refused.headers)
    _require_clean(refused.text)
    _require_answered(server)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-type": "text/csv"}, "got 'text/csv'"),
        ({"content-type": "application/x-www-form-urlencoded"}, "must be application/json"),
        ({"content-encoding": "gzip"}, "must not be compressed"),
    ],
)
def test_a_body_in_another_form_is_refused(server: Running, headers: dict[str, str], expected: str):
    """415 names the forms that are read."""
    refused = server.post(body_of(GOOD), headers=headers)

    assert refused.status_code == 415
    assert expected in refused.json()["error"]


def _message(**changes: Any) -> Any:
    fields = {
        "name": "readings",
        "datatype": "FP64",
        "shape": [2, 590],
        "contents": {"fp64_contents": [0.0] * 1180},
        **changes,
    }
    return pb.ModelInferRequest.InferInputTensor(**fields)


def _rpc(*inputs: Any, model_name: str = "secom", **fields: Any) -> Any:
    return pb.ModelInferRequest(model_name=model_name, inputs=inputs, **fields)


RAW = _message(contents=None)
INVALID = grpc.StatusCode.INVALID_ARGUMENT
CALLS: dict[str, tuple[Any, grpc.StatusCode, str]] = {
    "nothing": (_rpc(), INVALID, "no input 'readings'"),
    "an unknown model": (_rpc(_message(), model_name="other"), grpc.StatusCode.NOT_FOUND, "other"),
    "no model": (_rpc(_message(), model_name=""), grpc.StatusCode.NOT_FOUND, "no model"),
    "an unknown version": (_rpc(_message(), model_version="1"), grpc.StatusCode.NOT_FOUND, "'1'"),
    "a wrong name": (_rpc(_message(name="x")), INVALID, "unknown input 'x'"),
    "589 columns": (
        _rpc(_message(shape=[2, 589], contents={"fp64_contents": [0.0] * 1178})),
        INVALID,
        "590 readings per unit",
    ),
    "591 columns": (
        _rpc(_message(shape=[2, 591]), raw_input_contents=[bytes(8 * 1182)]),
        INVALID,
        "both contents and raw",
    ),
    "fewer values": (_rpc(_message(shape=[3, 590])), INVALID, "holds 1180"),
    "a negative shape": (_rpc(_message(shape=[-2, -590])), INVALID, "integers >= 0"),
    "one dimension": (_rpc(_message(shape=[1180])), INVALID, "must be [n, 590]"),
    "no units": (_rpc(_message(shape=[0, 590], contents={})), INVALID, "n >= 1"),
    "contents of another type": (
        _rpc(_message(contents={"fp32_contents": [0.0] * 1180})),
        INVALID,
        "fp64_contents",
    ),
    "an unknown datatype": (_rpc(_message(datatype="FP65")), INVALID, "got 'FP65'"),
    "BYTES": (
        _rpc(_message(datatype="BYTES", contents={"bytes_contents": [b"0"] * 1180})),
        INVALID,
        "must be FP64",
    ),
    "out of INT8": (
        _rpc(_message(datatype="INT8", contents={"int_contents": [128] * 1180})),
        INVALID,
        "no INT8",
    ),
    "infinity": (
        _rpc(_message(contents={"fp64_contents": [np.inf] * 1180})),
        INVALID,
        "sensor_000 of unit 0",
    ),
    "an input twice": (_rpc(_message(), _message()), INVALID, "given twice"),
    "an unknown output": (
        _rpc(_message(), outputs=[pb.ModelInferRequest.InferRequestedOutputTensor(name="label")]),
        INVALID,
        "unknown output 'label'",
    ),
    "raw contents for no input": (
        _rpc(RAW, raw_input_contents=[bytes(9440), b""]),
        INVALID,
        "2 raw_input_contents",
    ),
    "raw contents cut off": (_rpc(RAW, raw_input_contents=[bytes(9439)]), INVALID, "no multiple"),
    "raw contents too short": (_rpc(RAW, raw_input_contents=[bytes(9432)]), INVALID, "holds 1179"),
    "a text cut off": (
        _rpc(
            RAW,
            _message(name="unit_id", datatype="BYTES", shape=[2], contents=None),
            raw_input_contents=[bytes(9440), b"\5\0\0\0ab"],
        ),
        INVALID,
        "cut off",
    ),
    "a text that is no UTF-8": (
        _rpc(
            _message(),
            _message(
                name="unit_id",
                datatype="BYTES",
                shape=[2],
                contents={"bytes_contents": [b"\xff", b"a"]},
            ),
        ),
        INVALID,
        "UTF-8",
    ),
}


@pytest.mark.parametrize(("request_", "code", "expected"), CALLS.values(), ids=CALLS)
def test_a_bad_call_is_refused_with_what_was_expected(
    server: Running, request_: Any, code: grpc.StatusCode, expected: str
):
    """The same over gRPC, with its own codes."""
    with grpc.insecure_channel(server.grpc) as channel:
        infer = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )
        with pytest.raises(grpc.RpcError) as refused:
            infer(request_)

        assert refused.value.code() == code
        assert expected in refused.value.details()
        _require_clean(refused.value.details())
        assert infer(_rpc(_message())).outputs[0].name == "risk"


@pytest.mark.parametrize("method", ["ModelInfer", "ModelReady", "ServerLive"])
def test_bytes_that_are_no_message_are_refused(server: Running, method: str):
    """INVALID_ARGUMENT, as for any other mistake of a client."""
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.unary_unary(f"/inference.GRPCInferenceService/{method}")
        with pytest.raises(grpc.RpcError) as refused:
            call(b"\xff\xff")

    assert refused.value.code() == INVALID
    _require_clean(refused.value.details())


def test_models_cannot_be_unloaded(server: Running):
    """Kserve's repository extension is not offered."""
    with grpc.insecure_channel(server.grpc) as channel:
        for method in ("RepositoryModelLoad", "RepositoryModelUnload"):
            call = channel.unary_unary(f"/inference.GRPCInferenceService/{method}")
            with pytest.raises(grpc.RpcError) as refused:
                call(pb.RepositoryModelUnloadRequest(model_name="secom").SerializeToString())
            assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    _require_answered(server)


def test_bad_requests_leave_no_trace_in_the_answers(server: Running, served: Bundle):
    """After all of the above the golden requests get their answers still."""
    answer = server.post(body_of(served.golden.readings)).json()

    np.testing.assert_allclose(answer["outputs"][0]["data"], served.golden.risk, rtol=0, atol=1e-9)
