"""Other people's clients, unchanged, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from secom_core.bundle import Bundle
from serving.predictor.explanation import explanations
from tests.serving.running import ROOT, Guarded


@pytest.fixture(scope="module", params=["server", "guarded"])
def addresses(request: pytest.FixtureRequest) -> list[str]:
    """Where to ask: a server for everybody, then one with TLS and a token, and how to get in."""
    running = request.getfixturevalue(request.param)
    server = running.server if isinstance(running, Guarded) else running
    guard = [str(running.authority), running.token] if isinstance(running, Guarded) else []
    return [server.http, server.grpc, *guard]


def _ask(client: str, addresses: list[str], served: Bundle) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, f"tests/serving/clients/{client}.py", *addresses],
        cwd=ROOT,
        input=json.dumps(served.golden.readings.tolist()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    answers: dict[str, Any] = json.loads(ended.stdout)
    return answers


@pytest.fixture(scope="module")
def kserve_answers(addresses: list[str], served: Bundle) -> dict[str, Any]:
    """What KServe's REST and gRPC clients get."""
    return _ask("ask_kserve", addresses, served)


@pytest.fixture(scope="module")
def triton_answers(addresses: list[str], served: Bundle) -> dict[str, Any]:
    """What Triton's HTTP and gRPC clients get."""
    return _ask("ask_triton", addresses, served)


def _expected(served: Bundle, form: str) -> np.ndarray:
    # Their JSON writers know no null, so there the readings went without NaN.
    readings = served.golden.readings
    return served.judge(np.nan_to_num(readings) if "json" in form else readings).risk


@pytest.mark.parametrize("form", ["rest json", "rest binary", "grpc contents", "grpc raw"])
def test_kserves_clients_get_the_golden_answers(
    kserve_answers: dict[str, Any], served: Bundle, form: str
):
    """JSON and binary over REST, contents and raw contents over gRPC: the same risks to 1e-9."""
    answer = kserve_answers[form]

    expected = _expected(served, form)
    np.testing.assert_allclose(answer["risk"], expected, rtol=0, atol=1e-9)
    assert answer["flagged"] == (expected >= served.operating_point.threshold).tolist()
    assert answer["id"] == "7"
    assert answer["digest"] == served.digest


def test_kserves_clients_see_it_live_and_ready(kserve_answers: dict[str, Any]):
    """Health over REST and gRPC."""
    health = {name: value for name, value in kserve_answers.items() if value is True}

    assert len(health) == 6


@pytest.mark.parametrize("form", ["http json", "http binary", "grpc"])
def test_tritons_clients_get_the_golden_answers(
    triton_answers: dict[str, Any], served: Bundle, form: str
):
    """Risks to 1e-9, decisions, and the units' own names back, over HTTP and gRPC."""
    answer = triton_answers[form]

    expected = _expected(served, form)
    np.testing.assert_allclose(answer["risk"], expected, rtol=0, atol=1e-9)
    assert answer["flagged"] == (expected >= served.operating_point.threshold).tolist()
    assert answer["unit_id"] == [f"unit ü {row}" for row in range(len(expected))]
    assert answer["ready"]
    assert answer["live"]


def test_tritons_clients_read_the_metadata(triton_answers: dict[str, Any], served: Bundle):
    """Over HTTP and gRPC alike, and the version is the bundle's digest."""
    over_http, over_grpc = triton_answers["metadata"], triton_answers["metadata over grpc"]

    assert over_http["versions"] == over_grpc["versions"] == [served.digest]
    assert [tensor["name"] for tensor in over_grpc["inputs"]] == [
        tensor["name"] for tensor in over_http["inputs"]
    ]
    assert over_grpc["inputs"][0]["shape"] == ["-1", "590"]
    assert triton_answers["server over grpc"]["extensions"] == ["binary_tensor_data"]


def test_explanations_come_over_grpc_too(triton_answers: dict[str, Any], served: Bundle):
    """The same texts as the data plane gives."""
    readings = served.golden.readings

    expected = explanations(served, readings, served.reference.median)
    assert triton_answers["explanation over grpc"] == expected
