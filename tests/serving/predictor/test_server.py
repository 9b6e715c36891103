from __future__ import annotations

import dataclasses
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from secom_core.bundle import Bundle
from tests.bundles import RUN_ID
from tests.serving.running import ROOT, Running, body_of, running


def test_golden_requests_are_answered_over_rest_as_training_wrote_them_down(
    server: Running, served: Bundle
):
    """Risks agree to 1e-9 and decisions exactly."""
    answer = server.post(body_of(served.golden.readings)).raise_for_status().json()

    outputs = {output["name"]: output for output in answer["outputs"]}
    np.testing.assert_allclose(outputs["risk"]["data"], served.golden.risk, rtol=0, atol=1e-9)
    assert outputs["flagged"]["data"] == served.golden.flagged.tolist()
    assert outputs["risk"]["shape"] == [12]
    assert outputs["risk"]["datatype"] == "FP64"
    assert outputs["flagged"]["datatype"] == "BOOL"


def test_an_answer_says_which_bundle_gave_it(server: Running, served: Bundle):
    """Digest, run, data and threshold come with every answer."""
    answer = server.post(body_of(served.golden.readings[:1], id="42")).json()

    assert answer["id"] == "42"
    assert answer["model_version"] == served.digest
    assert answer["parameters"] == {
        "bundle_digest": served.digest,
        "run_id": RUN_ID,
        "data_digest": served.data_digest,
        "threshold": served.operating_point.threshold,
    }


def test_health_and_metadata_are_complete(server: Running, served: Bundle):
    """Live, ready and metadata of server and model, with named, shaped and typed tensors."""
    get = lambda path: httpx.get(server.http + path).raise_for_status().json()  # noqa: E731

    assert get("/v2/health/live") == {"live": True}
    assert get("/v2/health/ready") == {"ready": True}
    assert get("/v2")["extensions"] == ["binary_tensor_data"]
    assert get("/v2/models/secom/ready") == {"name": "secom", "ready": True}
    described = get("/v2/models/secom")
    assert described["versions"] == [served.digest]
    assert described["inputs"][0] == {"name": "readings", "datatype": "FP64", "shape": [-1, 590]}
    assert described["outputs"] == [
        {"name": "risk", "datatype": "FP64", "shape": [-1]},
        {"name": "flagged", "datatype": "BOOL", "shape": [-1]},
        {"name": "unit_id", "datatype": "BYTES", "shape": [-1]},
        {"name": "explanation", "datatype": "BYTES", "shape": [-1]},
    ]
    assert get(f"/v2/models/secom/versions/{served.digest}") == described


def test_the_bundles_version_can_be_asked_by_name(server: Running, served: Bundle):
    """The digest is a version; any other is not found."""
    body = body_of(served.golden.readings)
    post = lambda version: httpx.post(  # noqa: E731
        f"{server.http}/v2/models/secom/versions/{version}/infer", json=body
    )

    assert post(served.digest).status_code == 200
    assert post("1").status_code == 404
    assert served.digest in post("1").json()["error"]


def test_it_listens_on_the_loopback_only(server: Running):
    """No port of it can be reached from another machine."""
    listening = {
        # gRPC's socket speaks IPv6, in which the loopback is written so.
        (connection.laddr.ip.removeprefix("::ffff:"), connection.laddr.port)
        for connection in psutil.Process(server.process.pid).connections("all")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {("127.0.0.1", server.http_port), ("127.0.0.1", server.grpc_port)}


def test_in_debug_a_request_is_a_line_and_ctrl_c_ends_it_at_once(
    bundle_folder: Path, served: Bundle
):
    """One JSON object a request with id, code and duration; Ctrl-C does not wait for drains."""
    body = body_of(served.golden.readings[:1], id="a-request")
    with running(bundle_folder, log_level="debug", drain_seconds=600.0) as server:
        server.post(body)
        server.post(b"{}", headers={"x-request-id": "a-bad-request"})
        status, log = server.stop(signal.SIGINT)

    lines = [line for line in log if line["message"] == "answered"]
    assert status == 0
    assert [(line["id"], line["code"]) for line in lines] == [
        ("a-request", 200),
        ("a-bad-request", 400),
    ]
    assert all(0 < line["seconds"] < 5 for line in lines)
    assert "`inputs` must be an array" in lines[1]["error"]


def test_a_damaged_bundle_is_never_served(bundle_folder: Path, tmp_path: Path):
    """The process ends with exit 2 and one clear line."""
    damaged = shutil.copytree(bundle_folder, tmp_path / "damaged")
    model = (damaged / "model.onnx").read_bytes()
    (damaged / "model.onnx").write_bytes(model[:-1] + bytes([model[-1] ^ 1]))

    ended = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "serve", "--bundle", str(damaged)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "model.onnx was altered" in ended.stderr


def test_a_bundle_that_answers_otherwise_than_in_training_is_never_served(served: Bundle):
    """The golden requests are asked before anybody else can ask."""
    from secom_core.errors import BundleError
    from serving.predictor.server import serve

    golden = dataclasses.replace(served.golden, risk=served.golden.risk + 1e-6)
    wrong = dataclasses.replace(served, golden=golden)

    with pytest.raises(BundleError, match="golden"):
        serve(wrong, http_port=0, grpc_port=0)


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_taken_port_ends_it_with_advice(server: Running, bundle_folder: Path, protocol: str):
    """Exit 2 and a line that names host and port; no port is shared with another server."""
    taken = {"http": server.http_port, "grpc": server.grpc_port}[protocol]
    ports = {"http": "0", "grpc": "0", protocol: str(taken)}
    command = [sys.executable, "-m", "pipelines.cli", "serve", "--bundle", str(bundle_folder)]
    command += ["--http-port", ports["http"], "--grpc-port", ports["grpc"]]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert f"127.0.0.1, port {taken}: taken" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_what_is_overridden_of_kserve_is_still_there():
    """A release of kserve that renames what we override is noticed here, not in production."""
    from serving.predictor.server import PRIVATE_NAMES, _Server

    for owner, names in PRIVATE_NAMES.items():
        source = Path(sys.modules[owner.__module__].__file__ or "").read_text()
        for name in names:
            assert f"self.{name}" in source or hasattr(owner, name), f"{owner.__name__}.{name}"
    base = _Server.__mro__[1]
    for method in ("start", "setup_event_loop", "register_signal_handler", "_serve"):
        assert method in vars(base), method


def test_kserve_never_reads_our_command_line():
    """An option of ours that looks like one of kserve's does not end the process."""
    command = [sys.executable, "-c", "import serving.predictor.server", "--workers", "x"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr


def test_it_runs_without_what_only_training_needs(bundle_folder: Path):
    """The serving image has no kfp, scikit-learn, xgboost, mlflow, onnx, scipy or matplotlib."""
    blocked = ("kfp", "sklearn", "xgboost", "mlflow", "onnx", "scipy", "matplotlib", "jinja2")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked}))\n"
        "from pathlib import Path\n"
        "from secom_core import bundle\n"
        "import serving.predictor.server\n"
        "bundle.read(Path(sys.argv[1])).check_golden()"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code, str(bundle_folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr


def test_it_does_without_what_kserve_needs_elsewhere():
    """Neither a client of Kubernetes' API nor what stands for it is left in the process."""
    code = (
        "import sys, serving.predictor.framework\n"
        "assert 'kubernetes' not in sys.modules\n"
        "assert 'kserve.api.kserve_client' not in sys.modules\n"
        "import pandas\n"
        "assert pandas.DataFrame({'a': [1]}).shape == (1, 1)\n"
        "import kserve\n"
        "try:\n"
        "    kserve.KServeClient()\n"
        "except ImportError as error:\n"
        "    assert 'Import kserve before' in str(error)\n"
        "else:\n"
        "    raise AssertionError\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
