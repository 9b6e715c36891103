import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from mlflow import MlflowClient

from components import tracking
from secom_core import bundle
from secom_core.errors import TrackingError

MLFLOW = Path(sys.executable).with_name("mlflow")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The port of a real MLflow server that answers to 127.0.0.1 and to no other name."""
    folder = tmp_path_factory.mktemp("mlflow-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [MLFLOW, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "kept")]
    command += ["--allowed-hosts", f"127.0.0.1:{port}"]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        await_answer(f"http://127.0.0.1:{port}/health")
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # asked politely, it takes ten seconds
        process.wait()


def await_answer(url):
    """Wait until a server is up."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "MLflow does not answer"
            time.sleep(0.05)


def test_run_and_champion_are_kept_by_a_server(server, contenders, tmp_path, capfd):
    """Everything goes through a server as well: families, model, alias and the end of the run."""
    address = f"http://127.0.0.1:{server}"
    environ = {"MLFLOW_TRACKING_URI": address}
    folder = Path(contenders["logistic"]) / "bundle"
    digest = bundle.read(folder).digest

    tracking.require_reachable(environ)
    tracking.log_contenders(
        environ, run_id="run-7", folders=[contenders["logistic"]], chosen=contenders["logistic"]
    )
    tracking.move_champion_alias(environ, folder=folder, digest=digest)
    tracking.move_champion_alias(environ, folder=folder, digest=digest)
    tracking.end_run(environ, run_id="run-7", succeeded=True, reason="The challenger is better.")

    assert capfd.readouterr() == ("", "")
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    version = client.get_model_version_by_alias("secom", "champion")
    fetched = client.download_artifacts(version.run_id, "model/bundle", str(tmp_path))
    assert bundle.read(Path(fetched)).digest == digest
    assert client.get_run(version.run_id).info.status == "FINISHED"


def test_server_that_does_not_know_its_name_is_explained(server):
    """MLflow refuses a Host that it was not told of, though its /health says all is well."""
    with pytest.raises(TrackingError, match="MLFLOW_SERVER_ALLOWED_HOSTS"):
        tracking.require_reachable({"MLFLOW_TRACKING_URI": f"http://localhost:{server}"})
