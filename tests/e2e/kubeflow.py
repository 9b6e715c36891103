"""A stand-in for Kubeflow Pipelines on this machine, behind a Service where pods look for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

from tests.e2e.cluster import Manifest, apply, get
from tests.pipelines.kubeflow_api import KubeflowApi

_NAME = "ml-pipeline"
_ANY_PORT = 9


@dataclass(frozen=True, slots=True)
class StandIn:
    """One that answers.

    Parameters
    ----------
    api : KubeflowApi
        Knows what it was sent.
    address : str
        Where pods find it.
    """

    api: KubeflowApi
    address: str


@contextmanager
def stand_in(namespace: str) -> Iterator[StandIn]:
    """Answer in a namespace's pods' reach until the block ends."""
    host = _this_machine()
    with KubeflowApi(host=host) as api:
        Thread(target=api.serve_forever, args=(0.01,), daemon=True).start()
        try:
            apply(*_manifests(namespace, host, api.server_port))
            yield StandIn(api, f"http://{_NAME}.{namespace}.svc:{api.server_port}")
        finally:
            api.shutdown()


def _this_machine() -> str:
    """Return the address of this machine on the way to the cluster's first node."""
    addresses = get("nodes")["items"][0]["status"]["addresses"]
    node = next(one["address"] for one in addresses if one["type"] == "InternalIP")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect((node, _ANY_PORT))  # sends nothing
        return str(asked.getsockname()[0])


def _manifests(namespace: str, host: str, port: int) -> tuple[Manifest, Manifest]:
    metadata = {"name": _NAME, "namespace": namespace}
    # Policies speak of the pod's port and of the Service's: here they are the same.
    ports = [{"name": "http", "port": port}]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"ports": ports},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata | {"labels": {"kubernetes.io/service-name": _NAME}},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [{"addresses": [host], "conditions": {"ready": True}}],
    }
    return service, endpoints
