"""Good requests in all their forms get one answer."""

from __future__ import annotations

import json
from typing import Any

import httpx
import numpy as np
import pytest

from secom_core.bundle import Bundle
from tests.serving.running import Running, body_of


def risks(answer: httpx.Response) -> list[float]:
    """Return the risks of an answer."""
    outputs = {output["name"]: output for output in answer.raise_for_status().json()["outputs"]}
    data: list[float] = outputs["risk"]["data"]
    return data


def as_input(readings: Any, datatype: str = "FP64", name: str = "readings") -> dict[str, Any]:
    """Return readings as an input tensor with data as Python has it."""
    readings = np.asarray(readings)
    return {
        "name": name,
        "shape": list(readings.shape),
        "datatype": datatype,
        "data": readings.tolist(),
    }


def by_sensor(readings: np.ndarray, sensors: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return one input per sensor."""
    return [as_input(readings[:, at], name=name) for at, name in enumerate(sensors)]


@pytest.fixture(scope="module")
def asked(served: Bundle) -> np.ndarray:
    """A few units with readings that were not measured."""
    readings = served.golden.readings[:3]
    assert np.isnan(readings).any()
    return readings


@pytest.fixture(scope="module")
def expected(served: Bundle, asked: np.ndarray) -> np.ndarray:
    """Their risks."""
    return served.judge(asked).risk


def test_flat_data_and_rows_are_one(server: Running, asked: np.ndarray, expected: np.ndarray):
    """Data may be flat or nested as its shape says."""
    rows = [[None if v != v else v for v in unit] for unit in asked.tolist()]  # noqa: PLR0124
    nested = {"inputs": [{**as_input(asked), "data": rows}]}

    assert risks(server.post(body_of(asked))) == expected.tolist()
    assert risks(server.post(nested)) == expected.tolist()


@pytest.mark.parametrize("spaces", [(",", ":"), (" , ", " : "), (",\n\t", ":\r\n")])
def test_bare_nan_is_not_measured(
    server: Running, asked: np.ndarray, expected: np.ndarray, spaces: tuple[str, str]
):
    """What Python's json writes for NaN is read, flat or nested, spaced as you like."""
    body = json.dumps({"inputs": [as_input(asked)]}, separators=spaces)

    assert "NaN" in body
    assert risks(server.post(body.encode())) == expected.tolist()


def test_one_input_per_sensor_is_one_table(
    server: Running, served: Bundle, asked: np.ndarray, expected: np.ndarray
):
    """590 named columns in any order, with bare NaN in them."""
    columns = by_sensor(asked, served.contract.sensors)

    answer = server.post(json.dumps({"inputs": columns[::-1]}).encode())

    assert risks(answer) == expected.tolist()


def test_columns_may_be_binary(
    server: Running, served: Bundle, asked: np.ndarray, expected: np.ndarray
):
    """Binary tensors follow in the order of the inputs."""
    columns = [
        {**column, "parameters": {"binary_data_size": 24}}
        for column in by_sensor(asked, served.contract.sensors)
    ]
    text = json.dumps(
        {"inputs": [{k: v for k, v in column.items() if k != "data"} for column in columns]}
    ).encode()
    body = text + asked.T.tobytes()

    answer = server.post(body, headers={"inference-header-content-length": str(len(text))})

    assert risks(answer) == expected.tolist()


@pytest.mark.parametrize(
    "datatype", ["FP32", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"]
)
def test_other_numbers_are_widened(server: Running, served: Bundle, datatype: str):
    """FP32 and integers are accepted, in JSON and in binary, with one answer."""
    kind = {"FP": "<f", "IN": "<i", "UI": "<u"}[datatype[:2]] + str(
        int(datatype.strip("FPUINT")) // 8
    )
    readings = np.arange(1180).reshape(2, 590) % 100 * (1.1 if datatype == "FP32" else 1)
    typed = readings.astype(kind)
    expected = served.judge(typed.astype(np.float64)).risk.tolist()
    binary = {"name": "readings", "shape": [2, 590], "datatype": datatype}
    binary["parameters"] = {"binary_data_size": typed.nbytes}
    text = json.dumps({"inputs": [binary]}).encode()

    in_json = server.post({"inputs": [as_input(typed, datatype)]})
    in_binary = server.post(
        text + typed.tobytes(), headers={"inference-header-content-length": str(len(text))}
    )

    assert risks(in_json) == expected
    assert risks(in_binary) == expected


def test_a_unit_without_a_name_gets_one(server: Running, asked: np.ndarray):
    """The server makes names, no two alike, and gives them back; the client's it need not."""
    names = as_input(np.array(["a", "b", "c"]), "BYTES", "unit_id")

    made = [
        server.post(body_of(asked)).json()["outputs"][2]["data"],
        server.post(body_of(asked)).json()["outputs"][2]["data"],
    ]
    given = server.post({"inputs": [*body_of(asked)["inputs"], names]}).json()["outputs"]

    assert len({*made[0], *made[1]}) == 6
    assert [output["name"] for output in given] == ["risk", "flagged"]


def test_outputs_come_as_asked(server: Running, asked: np.ndarray):
    """Only what is asked for, in that order, each in the form it is asked for."""
    names = as_input(np.array(["a", "b", "c"]), "BYTES", "unit_id")
    times = as_input(np.array(["2008-07-19T11:55:00+02:00"] * 3), "BYTES", "measured_at")
    wanted = [{"name": "unit_id"}, {"name": "risk", "parameters": {"binary_data": True}}]

    answer = server.post({"inputs": [*body_of(asked)["inputs"], names, times], "outputs": wanted})

    size = int(answer.headers["inference-header-content-length"])
    outputs = json.loads(answer.content[:size])["outputs"]
    assert [output["name"] for output in outputs] == ["unit_id", "risk"]
    assert outputs[0]["data"] == ["a", "b", "c"]
    assert outputs[1]["parameters"] == {"binary_data_size": 24}
    assert np.frombuffer(answer.content[size:], "<f8").size == 3


def test_all_outputs_can_be_binary(server: Running, served: Bundle, asked: np.ndarray):
    """One parameter of the request makes all outputs binary."""
    answer = server.post(body_of(asked, parameters={"binary_data_output": True}))

    size = int(answer.headers["inference-header-content-length"])
    outputs = json.loads(answer.content[:size])["outputs"]
    sizes = [output["parameters"]["binary_data_size"] for output in outputs]
    assert sum(sizes) == len(answer.content) - size
    tail = answer.content[size:]
    np.testing.assert_array_equal(np.frombuffer(tail[:24], "<f8"), served.judge(asked).risk)
    np.testing.assert_array_equal(np.frombuffer(tail[24:27], "?"), served.judge(asked).flagged)


def test_a_requests_id_is_carried_through(server: Running, asked: np.ndarray):
    """The body's id, else the header's, else one that the server makes; the header comes back."""
    header = {"x-request-id": "from-header"}

    both = server.post(body_of(asked, id="from-body"), headers=header)
    made = [server.post(body_of(asked)).json()["id"] for _ in range(2)]

    assert both.json()["id"] == "from-body"
    assert both.headers["x-request-id"] == "from-header"
    assert server.post(body_of(asked), headers=header).json()["id"] == "from-header"
    assert made[0] != made[1]


def test_a_large_request_is_answered_as_a_small_one(server: Running, served: Bundle):
    """600 units in 2 MB go through the thread for long requests and get the same answers."""
    readings = np.tile(served.golden.readings, (50, 1))

    answer = server.post(body_of(readings))

    assert len(answer.request.content) > 2**20
    np.testing.assert_array_equal(risks(answer), np.tile(served.judge(readings[:12]).risk, 50))
