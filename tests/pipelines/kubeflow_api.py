# ruff: noqa: D102 - methods answer the calls that they are named after
"""As much of Kubeflow Pipelines' API as the project asks of it, on a loopback port.

What it is sent it checks as Kubeflow does, and answers 400 to what Kubeflow would not take.
"""

import email
import itertools
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import yaml

API = "/apis/v2beta1"


class RefusalError(Exception):
    """An answer other than 200."""

    def __init__(self, status, reason):
        super().__init__(status, reason)
        self.status, self.reason = status, reason


class KubeflowApi(ThreadingHTTPServer):
    """Keeps what it is sent, for tests to look at.

    Parameters
    ----------
    run_status : int
        What it answers to a new run.
    """

    def __init__(self, *, run_status=200):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.run_status = run_status
        self.asked = []
        self.runs, self.experiments, self.pipelines = [], [], []
        self.versions, self.recurring_runs = [], []
        self._numbers = itertools.count(1)

    @property
    def address(self):
        """Where a client finds it."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def changes(self):
        """Requests that were no mere questions."""
        return [line for line in self.asked if not line.startswith("GET ")]

    def healthz(self, _query, _body):
        return {"multi_user": False}

    def list_experiments(self, query, _body):
        return {"experiments": _chosen(self.experiments, query)}

    def create_experiment(self, _query, body):
        return self._keep(self.experiments, "experiment_id", body)

    def list_pipelines(self, query, _body):
        return {"pipelines": _chosen(self.pipelines, query)}

    def create_pipeline(self, _query, body):
        _refuse_twice(self.pipelines, body["display_name"])
        return self._keep(self.pipelines, "pipeline_id", body)

    def list_versions(self, query, _body, pipeline_id):
        _known(self.pipelines, "pipeline_id", pipeline_id)
        ours = [each for each in self.versions if each["pipeline_id"] == pipeline_id]
        return {"pipeline_versions": _chosen(ours, query)}

    def upload_version(self, query, body):
        (pipeline_id,), (name,) = query["pipelineid"], query["name"]
        _known(self.pipelines, "pipeline_id", pipeline_id)
        _refuse_twice([each for each in self.versions if each["pipeline_id"] == pipeline_id], name)
        spec, platform = yaml.safe_load_all(body)
        version = {"pipeline_id": pipeline_id, "display_name": name}
        version |= {"description": query["description"][0], "pipeline_spec": spec}
        return self._keep(self.versions, "pipeline_version_id", version | {"platform": platform})

    def create_run(self, _query, body):
        self.runs.append(body)
        if self.run_status != 200:
            raise RefusalError(self.run_status, "as told")
        return {"run_id": "run-1"}

    def list_recurring_runs(self, query, _body):
        return {"recurringRuns": _chosen(self.recurring_runs, query)}

    def create_recurring_run(self, _query, body):
        _known(self.experiments, "experiment_id", body["experiment_id"])
        reference = body["pipeline_version_reference"]
        version = _known(self.versions, "pipeline_version_id", reference["pipeline_version_id"])
        inputs = version["pipeline_spec"]["root"]["inputDefinitions"]["parameters"]
        if foreign := body["runtime_config"]["parameters"].keys() - inputs.keys():
            raise RefusalError(400, f"no such parameters: {foreign}")
        if len(body["trigger"]["cron_schedule"]["cron"].split()) not in {5, 6}:
            raise RefusalError(400, "Schedule cron is not supported")
        body["status"] = {"ENABLE": "ENABLED", "DISABLE": "DISABLED"}[body["mode"]]
        return self._keep(self.recurring_runs, "recurring_run_id", body)

    def delete_recurring_run(self, _query, _body, run_id):
        self.recurring_runs.remove(_known(self.recurring_runs, "recurring_run_id", run_id))
        return {}

    def _keep(self, kept, key, value):
        kept.append({key: f"{key}-{next(self._numbers)}"} | value)
        return kept[-1]


ROUTES = (
    ("GET", "/healthz", KubeflowApi.healthz),
    ("GET", "/experiments", KubeflowApi.list_experiments),
    ("POST", "/experiments", KubeflowApi.create_experiment),
    ("GET", "/pipelines", KubeflowApi.list_pipelines),
    ("POST", "/pipelines", KubeflowApi.create_pipeline),
    ("POST", "/pipelines/upload_version", KubeflowApi.upload_version),
    ("GET", "/pipelines/([^/]+)/versions", KubeflowApi.list_versions),
    ("POST", "/runs", KubeflowApi.create_run),
    ("GET", "/recurringruns", KubeflowApi.list_recurring_runs),
    ("POST", "/recurringruns", KubeflowApi.create_recurring_run),
    ("DELETE", "/recurringruns/([^/]+)", KubeflowApi.delete_recurring_run),
)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.server.asked.append(f"{self.command} {path.removeprefix(API)}")
        for verb, pattern, answer in ROUTES:
            if verb == self.command and (found := re.fullmatch(API + pattern, path)):
                try:
                    self._send(200, answer(self.server, query, self._body(), *found.groups()))
                except RefusalError as refusal:
                    self._send(refusal.status, {"message": refusal.reason})
                return
        self._send(404, {"message": f"{self.command} {path} is not served"})

    do_POST = do_DELETE = do_GET  # noqa: N815 - http.server looks for these names

    def _body(self):
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if "multipart/form-data" not in self.headers["Content-Type"]:
            return json.loads(content) if content else None
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        (part,) = email.message_from_bytes(head + content).get_payload()
        assert part.get_param("name", header="Content-Disposition") == "uploadfile"
        return part.get_payload(decode=True)

    def _send(self, status, value):
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


def _chosen(kept, query):
    (predicate,) = json.loads(query["filter"][0])["predicates"]
    if predicate["operation"] not in {"EQUALS", 1} or predicate["key"] != "display_name":
        raise RefusalError(400, f"not understood: {predicate}")
    return [each for each in kept if each["display_name"] == predicate["stringValue"]]


def _known(kept, key, value):
    for each in kept:
        if each[key] == value:
            return each
    raise RefusalError(404, f"{key} {value} not found")


def _refuse_twice(kept, name):
    if any(each["display_name"] == name for each in kept):
        raise RefusalError(409, f"{name} exists")
