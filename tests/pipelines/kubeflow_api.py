# ruff: noqa: D102 - methods answer the calls that they are named after
"""As much of Kubeflow Pipelines' API as the project asks of it, on a port of this machine.

What it is sent it checks as Kubeflow does, and answers 400 to what Kubeflow would not take.
"""

import email
import itertools
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import yaml

API = "/apis/v2beta1"


class RefusalError(Exception):
    """An answer other than 200."""

    def __init__(self, status, reason):
        super().__init__(status, reason)
        self.status, self.reason = status, reason


class HangUpError(Exception):
    """No answer at all."""


class KubeflowApi(ThreadingHTTPServer):
    """Keeps what it is sent, for tests to look at.

    Parameters
    ----------
    host : str, default="127.0.0.1"
        Address to listen on.
    run_status : int
        What it answers to a new run.

    Attributes
    ----------
    is_away : bool
        Whether it hangs up on whoever asks anything.
    loses_answer : bool
        Whether it hangs up on whoever starts the next run, which goes on all the same.
    answers : threading.Event
        While it is not set, whoever starts a run, which goes on all the same, is kept waiting.
    """

    def __init__(self, *, host="127.0.0.1", run_status=200):
        super().__init__((host, 0), _Handler)
        self.run_status = run_status
        self.is_away = self.loses_answer = False
        self.answers = threading.Event()
        self.answers.set()
        self.asked = []
        self.runs, self.experiments, self.pipelines = [], [], []
        self.versions, self.recurring_runs = [], []
        self._numbers, self._run_numbers = itertools.count(1), itertools.count(1)

    @property
    def address(self):
        """Where a client finds it."""
        return f"http://{self.server_address[0]}:{self.server_port}"

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
        if "filter" in query:
            return {"pipeline_versions": _chosen(ours, query)}
        if query["sort_by"] != ["created_at desc"]:
            raise RefusalError(400, f"not understood: {query}")
        return {"pipeline_versions": ours[::-1][: int(query["page_size"][0])]}

    def upload_version(self, query, body):
        (pipeline_id,), (name,) = query["pipelineid"], query["name"]
        _known(self.pipelines, "pipeline_id", pipeline_id)
        _refuse_twice([each for each in self.versions if each["pipeline_id"] == pipeline_id], name)
        spec, platform = yaml.safe_load_all(body)
        version = {"pipeline_id": pipeline_id, "display_name": name}
        version |= {"description": query["description"][0], "pipeline_spec": spec}
        return self._keep(self.versions, "pipeline_version_id", version | {"platform": platform})

    def create_run(self, _query, body):
        if "pipeline_version_reference" in body:
            self._require_parameters(body)
        self.runs.append(body)
        if self.run_status != 200:
            raise RefusalError(self.run_status, "as told")
        body |= {"run_id": f"run-{next(self._run_numbers)}", "state": "PENDING"}
        self.answers.wait()
        if self.loses_answer:
            self.loses_answer = False
            raise HangUpError
        return body

    def list_runs(self, query, _body):
        return {"runs": _chosen(self.runs, query)}

    def get_run(self, _query, _body, run_id):
        return _known(self.runs, "run_id", run_id)

    def bring(self, path, *, description=""):
        """Take up a graph's YAML as its newest version, as `secom upload` would bring it."""
        spec, platform = yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader)
        name = spec["pipelineInfo"]["name"]
        for pipeline in self.pipelines:
            if pipeline["display_name"] == name:
                break
        else:
            pipeline = self.create_pipeline({}, {"display_name": name})
        version = {"pipeline_id": pipeline["pipeline_id"], "description": description}
        version |= {"display_name": str(len(self.versions)), "pipeline_spec": spec}
        self._keep(self.versions, "pipeline_version_id", version | {"platform": platform})

    def end(self, run_id, state):
        """Let a run end, as far as this API knows: SUCCEEDED, FAILED or CANCELED."""
        _known(self.runs, "run_id", run_id)["state"] = state

    def list_recurring_runs(self, query, _body):
        return {"recurringRuns": _chosen(self.recurring_runs, query)}

    def create_recurring_run(self, _query, body):
        self._require_parameters(body)
        if len(body["trigger"]["cron_schedule"]["cron"].split()) not in {5, 6}:
            raise RefusalError(400, "Schedule cron is not supported")
        body["status"] = {"ENABLE": "ENABLED", "DISABLE": "DISABLED"}[body["mode"]]
        return self._keep(self.recurring_runs, "recurring_run_id", body)

    def delete_recurring_run(self, _query, _body, run_id):
        self.recurring_runs.remove(_known(self.recurring_runs, "recurring_run_id", run_id))
        return {}

    def _require_parameters(self, body):
        """Refuse what is not of a version that is here, or not of its parameters' types."""
        _known(self.experiments, "experiment_id", body["experiment_id"])
        reference = body["pipeline_version_reference"]
        version = _known(self.versions, "pipeline_version_id", reference["pipeline_version_id"])
        _known([version], "pipeline_id", reference["pipeline_id"])
        inputs = version["pipeline_spec"]["root"]["inputDefinitions"]["parameters"]
        for name, value in body["runtime_config"]["parameters"].items():
            if name not in inputs:
                raise RefusalError(400, f"no such parameter: {name}")
            if not isinstance(value, TYPES[inputs[name]["parameterType"]]):
                raise RefusalError(400, f"{name} cannot be {value!r}")

    def _keep(self, kept, key, value):
        kept.append({key: f"{key}-{next(self._numbers)}"} | value)
        return kept[-1]


TYPES = {"STRING": str, "NUMBER_INTEGER": int, "NUMBER_DOUBLE": (int, float)}
"""Of a graph's parameters, as JSON has them."""

ROUTES = (
    ("GET", "/healthz", KubeflowApi.healthz),
    ("GET", "/experiments", KubeflowApi.list_experiments),
    ("POST", "/experiments", KubeflowApi.create_experiment),
    ("GET", "/pipelines", KubeflowApi.list_pipelines),
    ("POST", "/pipelines", KubeflowApi.create_pipeline),
    ("POST", "/pipelines/upload_version", KubeflowApi.upload_version),
    ("GET", "/pipelines/([^/]+)/versions", KubeflowApi.list_versions),
    ("POST", "/runs", KubeflowApi.create_run),
    ("GET", "/runs", KubeflowApi.list_runs),
    ("GET", "/runs/([^/]+)", KubeflowApi.get_run),
    ("GET", "/recurringruns", KubeflowApi.list_recurring_runs),
    ("POST", "/recurringruns", KubeflowApi.create_recurring_run),
    ("DELETE", "/recurringruns/([^/]+)", KubeflowApi.delete_recurring_run),
)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.server.is_away:
            return
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.server.asked.append(f"{self.command} {path.removeprefix(API)}")
        for verb, pattern, answer in ROUTES:
            if verb == self.command and (found := re.fullmatch(API + pattern, path)):
                try:
                    self._send(200, answer(self.server, query, self._body(), *found.groups()))
                except RefusalError as refusal:
                    self._send(refusal.status, {"message": refusal.reason})
                except HangUpError:
                    pass
                return
        self._send(404, {"message": f"{self.command} {path} is not served"})

    do_POST = do_DELETE = do_GET  # noqa: N815 - http.server looks for these names

    def _body(self):
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if "multipart/form-data" not in self.headers.get("Content-Type", ""):
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
