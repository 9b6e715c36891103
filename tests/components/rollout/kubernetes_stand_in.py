# ruff: noqa: D102 - methods answer the calls that they are named after
"""As much of Kubernetes' API as a roll-out asks of it, on a loopback port, with KServe behind it.

What is applied becomes a Deployment and a pod at once; what the pod is like, a test decides.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from components.rollout.manifest import BUNDLE

NAMESPACE = "fab"
NAME = "secom"
PREFIX = "secom-fab://secom/bundles/"
TEMPLATE = """
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: secom, namespace: fab}
spec: {predictor: {minReplicas: 1, model: {modelFormat: {name: secom}}}}
"""


class Kubernetes(ThreadingHTTPServer):
    """Keeps objects by their paths, for tests to look at.

    Parameters
    ----------
    ports : dict
        Where the server of each bundle listens; a bundle without one crashes.
    """

    def __init__(self, ports):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ports, self.applied, self.objects = ports, [], {}
        self.refused = {}
        self.on_apply = lambda _service: None
        data = {"storage-uri-prefix": PREFIX, "inference-service.yaml": TEMPLATE}
        self.objects[f"configmaps/{NAME}-template"] = {"data": data}

    def write_kubeconfig(self, path):
        """Write what leads a client here."""
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}
        context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [cluster],
                    "users": [{"name": "u", "user": {"token": "t"}}],
                    "contexts": [context],
                    "current-context": "x",
                }
            )
        )

    @property
    def digests(self):
        """What was applied, one after another."""
        return [one["spec"]["predictor"]["annotations"][BUNDLE] for one in self.applied]

    @property
    def pods(self):
        """What runs."""
        return self.objects.get("pods", [])

    def apply(self, service):
        self.applied.append(service)
        self.on_apply(service)
        self.objects[f"inferenceservices/{NAME}"] = service
        if "serving.kserve.io/stop" in (service["metadata"].get("annotations") or {}):
            self.objects.pop(f"deployments/{NAME}-predictor", None)
            self.objects.pop("pods", None)
            return
        annotations = service["spec"]["predictor"]["annotations"]
        port = self.ports.get(annotations[BUNDLE])
        self.objects[f"deployments/{NAME}-predictor"] = _deployment(annotations, n_ready=bool(port))
        self.objects["pods"] = [_pod(annotations, port)]


def _deployment(annotations, *, n_ready):
    counts = {"updatedReplicas": 1, "replicas": 1, "availableReplicas": int(n_ready)}
    return {
        "metadata": {"generation": 1},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": f"isvc.{NAME}-predictor"}},
            "template": {"metadata": {"annotations": annotations}},
        },
        "status": {"observedGeneration": 1, **counts},
    }


def _pod(annotations, port):
    name = f"{NAME}-{annotations[BUNDLE][:8]}"
    ended = {"exitCode": 2, "message": "Error: cannot be served"}
    crashed = {
        "name": "kserve-container",
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": ended},
    }
    return {
        "metadata": {"name": name, "uid": name, "annotations": annotations},
        "spec": {
            "containers": [{"name": "kserve-container", "ports": [{"containerPort": port}]}],
        },
        "status": {
            "podIP": "127.0.0.1",
            "conditions": [{"type": "Ready", "status": "True" if port else "False"}],
            "containerStatuses": [] if port else [crashed],
        },
    }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self._path()
        if path == "pods":
            self._answer(200, {"items": self.server.pods})
            return
        found = self.server.objects.get(path)
        self._answer(200, found) if found else self._answer(404, {"message": f"no {path}"})

    def do_PATCH(self):
        assert "fieldManager=secom-promote&force=true" in self.path
        assert self.headers["content-type"] == "application/apply-patch+yaml"
        self.server.apply(self._body())
        self._answer(200, {})

    def do_POST(self):
        lease = self._body()
        self._write(f"leases/{lease['metadata']['name']}", lease)

    def do_PUT(self):
        self._write(self._path(), self._body())

    def do_DELETE(self):
        known = self.server.objects.pop(self._path(), None)
        self._answer(200 if known else 404, {})

    def _write(self, path, lease):
        found = self.server.objects.get(path, {"metadata": {}})["metadata"].get("resourceVersion")
        if lease["metadata"].get("resourceVersion") != found:
            self._answer(409, {"message": "the object has been modified"})
            return
        metadata = {**lease["metadata"], "resourceVersion": str(int(found or 0) + 1)}
        self.server.objects[path] = {**lease, "metadata": metadata}
        self._answer(200, self.server.objects[path])

    def _path(self):
        return self.path.partition("?")[0].partition(f"/namespaces/{NAMESPACE}/")[2]

    def _body(self):
        return json.loads(self.rfile.read(int(self.headers["content-length"])))

    def _answer(self, status, content):
        said = self.server.refused.get((self.command, self._path()))
        if said:
            status, content = said
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""
