import json
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from mlflow import MlflowClient

from components import tracking
from secom_core.errors import ConfigError, TrackingError

LOG_RUN = """
import json, sys
from components import tracking
environ, warm, contenders, run_id = json.loads(sys.argv[1])
tracking.require_reachable(warm)
print("ready", flush=True)
sys.stdin.readline()
tracking.log_contenders(environ, run_id=run_id, folders=contenders, chosen=contenders[0])
tracking.end_run(environ, run_id=run_id, succeeded=True, reason="done")
"""
IMPORT = """
import sys
from components import tracking
print("mlflow" in sys.modules)
"""


def test_missing_address_is_named():
    """Without MLFLOW_TRACKING_URI the message says so."""
    with pytest.raises(ConfigError, match="set MLFLOW_TRACKING_URI"):
        tracking.require_reachable({})


def test_database_is_made_beside_its_files(state):
    """On a laptop the database, and the folder for artifacts, lie under the state folder."""
    address = f"sqlite:///{state}/mlflow.db"

    tracking.require_reachable({"MLFLOW_TRACKING_URI": address})
    tracking.require_reachable({"MLFLOW_TRACKING_URI": address})

    client = MlflowClient(tracking_uri=address)
    location = client.get_experiment_by_name("secom").artifact_location
    assert (state / "mlflow.db").is_file()
    assert location == (state / "mlartifacts").as_uri()


def test_closed_port_is_noticed_within_seconds():
    """MLflow that is gone stops the run at once, with its address and advice."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    began = time.monotonic()

    with pytest.raises(TrackingError, match="Is MLflow running") as refusal:
        tracking.require_reachable({"MLFLOW_TRACKING_URI": address})

    assert time.monotonic() - began < 10
    assert address in str(refusal.value)


def test_credentials_are_not_shown():
    """A password in the address does not get into the message."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"

    with pytest.raises(TrackingError) as refusal:
        tracking.require_reachable({"MLFLOW_TRACKING_URI": f"http://me:hush@{host}"})

    assert "hush" not in str(refusal.value)
    assert host in str(refusal.value)


@pytest.fixture(params=[(401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED")])
def refusing(request):
    """The address of an MLflow server that lets nobody in."""
    status, code = request.param

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"error_code": code, "message": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_refused_credentials_are_called_that(refusing):
    """A server that lets us not in points at the credentials and at its list of hosts."""
    with pytest.raises(TrackingError, match=r"MLFLOW_TRACKING_USERNAME.*ALLOWED_HOSTS"):
        tracking.require_reachable({"MLFLOW_TRACKING_URI": refusing})


def test_unusable_database_is_reported(tmp_path):
    """A database that is none is refused with advice."""
    (tmp_path / "mlflow.db").write_text("this is no database, and was never meant to be one\n" * 9)

    with pytest.raises(TrackingError, match=r"mlflow\.db failed.*not a database"):
        tracking.require_reachable({"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"})


def test_mlflow_is_imported_only_when_it_is_asked():
    """Its import takes seconds, and a command's help has no use for it."""
    said = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True)

    assert said.stdout == b"False\n"


def test_two_processes_log_at_once(state, contenders, environ):
    """Stages that begin at the same moment, on a database that is not there yet, both end well.

    Neither says a word: what MLflow and its migrations tell is no news to a process engineer.
    """
    address = f"sqlite:///{state}/new.db"
    new = {"MLFLOW_TRACKING_URI": address}
    stages = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", LOG_RUN),
                json.dumps([new, environ, list(contenders.values()), run_id]),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for run_id in ("one", "two")
    ]
    for stage in stages:
        assert stage.stdout.readline() == b"ready\n"

    for stage in stages:
        stage.stdin.write(b"go\n")
        stage.stdin.flush()
    ended = [stage.communicate() for stage in stages]

    assert ended == [(b"", b"")] * 2
    assert [stage.returncode for stage in stages] == [0, 0]
    client = MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("secom")
    assert len(client.search_runs([experiment.experiment_id])) == 2 * (1 + len(contenders))
