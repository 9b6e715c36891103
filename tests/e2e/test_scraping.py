"""What Prometheus sees of a release; it takes its operator a minute or two to look there."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

import pytest

from serving import metrics
from tests.e2e import cluster
from tests.e2e.cluster import kubectl
from tests.e2e.release import Installed

pytestmark = pytest.mark.e2e

_PROMETHEUS = "monitoring/prometheus-operated:web"
"""Namespace, Service and port; SECOM_E2E_PROMETHEUS names another."""


def test_prometheus_scrapes_each_predictor(installed: Installed):
    """Both targets are up, and each metric that has a name here is there."""
    namespace = installed.release.namespace

    def names() -> set[str]:
        series = _prometheus(f'{{namespace="{namespace}",__name__=~"secom_.+"}}')
        return {one["metric"]["__name__"] for one in series}

    def both_up() -> bool:
        targets = _prometheus(f'up{{namespace="{namespace}"}} == 1')
        return len({one["metric"]["pod"] for one in targets}) == 2

    cluster.until(both_up, seconds=180, what="two targets up in Prometheus")
    named = {value for name, value in vars(metrics).items() if name.isupper()}
    cluster.until(
        lambda: named <= {one.removesuffix("_bucket") for one in names()},
        seconds=60,
        what=f"{', '.join(sorted(named))} in Prometheus",
    )


def _prometheus(query: str) -> list[dict]:
    """Ask the cluster's Prometheus, by way of the API server."""
    namespace, service = os.environ.get("SECOM_E2E_PROMETHEUS", _PROMETHEUS).split("/")
    path = f"/api/v1/namespaces/{namespace}/services/{service}/proxy/api/v1/query"
    found = kubectl("get", "--raw", f"{path}?query={quote(query)}")
    return json.loads(found)["data"]["result"]
