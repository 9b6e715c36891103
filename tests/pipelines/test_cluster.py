import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from pipelines import cluster
from secom_core.errors import RunError


class KubeflowApi(ThreadingHTTPServer):
    """As much of Kubeflow Pipelines' API as starting a run takes; keeps the runs it is asked for.

    Parameters
    ----------
    run_status : int
        What it answers to a new run.
    """

    def __init__(self, *, run_status=200):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.run_status = run_status
        self.runs = []

    @property
    def address(self):
        """Where a client finds it."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.endswith("/healthz"):
            self._answer(200, {"multi_user": False})
        else:
            self._answer(200, {"experiments": [{"experiment_id": "e1", "display_name": "secom"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.runs.append(body)
        self._answer(self.server.run_status, {"run_id": "run-1"})

    def _answer(self, status, value):
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def serve_api():
    """Start an API on the loopback; all are ended with the test."""
    started = []

    def start(**options):
        api = KubeflowApi(**options)
        Thread(target=api.serve_forever, daemon=True).start()
        started.append(api)
        return api

    yield start
    for api in started:
        api.shutdown()
        api.server_close()


def test_a_run_is_submitted_with_its_parameters(serve_api):
    """Kubeflow is asked for one run of this graph, uncached, with what the user chose."""
    api = serve_api()

    where = cluster.submit(
        api.address, {"source": "s3://lake/secom", "seed": 7}, experiment="secom"
    )

    (run,) = api.runs
    assert where == f"{api.address}/#/runs/details/run-1"
    assert run["experiment_id"] == "e1"
    assert run["runtime_config"]["parameters"] == {"source": "s3://lake/secom", "seed": 7}
    spec = run["pipeline_spec"]["pipeline_spec"]
    assert spec["pipelineInfo"]["name"] == "secom-train-and-promote"


def test_a_refusal_names_the_api_and_its_answer(serve_api):
    """The user reads a status, not a client's traceback."""
    api = serve_api(run_status=403)

    with pytest.raises(RunError, match=f"{api.address} refuses the run: 403"):
        cluster.submit(api.address, {"source": "s3://lake/secom"}, experiment="secom")


def test_an_api_that_is_away_is_named():
    """Nobody listens on port 1."""
    with pytest.raises(
        RunError, match=r"no answer from Kubeflow Pipelines at http://127\.0\.0\.1:1"
    ):
        cluster.submit("http://127.0.0.1:1", {"source": "s3://lake/secom"}, experiment="secom")
