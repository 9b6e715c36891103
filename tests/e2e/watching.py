"""The cluster's Prometheus and Alertmanager, asked by way of the API server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from tests.e2e.cluster import apply, kubectl

_PROMETHEUS = "monitoring/prometheus-operated:web"
_ALERTMANAGER = "monitoring/alertmanager-operated:web"
"""Namespace, Service and port; SECOM_E2E_PROMETHEUS and SECOM_E2E_ALERTMANAGER name others."""


def query(expression: str) -> list[dict[str, Any]]:
    """Return what Prometheus finds now."""
    found = kubectl("get", "--raw", f"{_prometheus()}/api/v1/query?query={quote(expression)}")
    return json.loads(found)["data"]["result"]


def rules(namespace: str) -> list[dict[str, Any]]:
    """Return the rules that Prometheus has of a namespace, and how it fares with them."""
    groups = json.loads(kubectl("get", "--raw", f"{_prometheus()}/api/v1/rules"))["data"]["groups"]
    # Its operator names the file of each PrometheusRule after namespace, name and uid.
    return [
        rule for group in groups if f"/{namespace}-" in group["file"] for rule in group["rules"]
    ]


def firing(namespace: str) -> set[str]:
    """Return the names of the alerts of a namespace's rules that fire."""
    return {rule["name"] for rule in rules(namespace) if rule.get("state") == "firing"}


def prometheus(path: str) -> str:
    """Return what Prometheus answers to a path below `/api/v1/`, whatever that is."""
    return kubectl("get", "--raw", f"{_prometheus()}/api/v1/{path}")


def receivers() -> set[str]:
    """Return whom Alertmanager may tell."""
    found = json.loads(kubectl("get", "--raw", f"{_alertmanager()}/api/v2/receivers"))
    return {one["name"] for one in found}


@contextmanager
def alerting(namespace: str, **labels: str) -> Iterator[None]:
    """Let Prometheus find an alert that fires all the time."""
    name = "rehearsal"
    rule = {"alert": "Rehearsal", "expr": "vector(1)", "labels": {"namespace": namespace} | labels}
    apply({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"groups": [{"name": name, "rules": [rule]}]},
    })  # fmt: skip
    try:
        yield
    finally:
        kubectl("delete", "prometheusrule", name, f"--namespace={namespace}")


def _prometheus() -> str:
    return _proxy(os.environ.get("SECOM_E2E_PROMETHEUS", _PROMETHEUS))


def _alertmanager() -> str:
    return _proxy(os.environ.get("SECOM_E2E_ALERTMANAGER", _ALERTMANAGER))


def _proxy(place: str) -> str:
    namespace, service = place.split("/")
    return f"/api/v1/namespaces/{namespace}/services/{service}/proxy"
