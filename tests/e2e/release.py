"""One installation of the chart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secom_core.bundle import Bundle
from tests.e2e.cluster import CommandError, get, kubectl, ready_pods, run, service_ip, until
from tests.e2e.traffic.driving import Target

CHART = "helm/secom"
SMALL: Mapping[str, Any] = {
    "minio": {"persistence": {"enabled": False}},
    "mlflow": {"persistence": {"enabled": False}},
    "inferenceService": {"resources": {"requests": {"cpu": "50m", "memory": "200Mi"}}},
    "record": {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}},
    "monitor": {"resources": {"requests": {"cpu": "50m", "memory": "200Mi"}}},
    "jobs": {"resources": {"requests": {"cpu": "50m", "memory": "128Mi"}}},
    "prune": {"schedule": ""},
}
"""What makes a release fit a cluster of two cores without a storage class."""


@dataclass(frozen=True, slots=True)
class Release:
    """An installation of the chart; its InferenceService carries its name.

    Parameters
    ----------
    name, namespace : str
    """

    name: str
    namespace: str

    @property
    def selector(self) -> str:
        """What the predictor's pods carry."""
        return f"serving.kserve.io/inferenceservice={self.name}"

    def helm(self, verb: str, *arguments: str, values: Mapping[str, Any] | None = None) -> str:
        """Run helm on this release; values go to its standard input."""
        given = ["--values=-"] if values is not None else []
        scope = f"--namespace={self.namespace}"
        return run("helm", verb, self.name, *arguments, scope, *given, stdin=json.dumps(values))

    def install(self, values: Mapping[str, Any]) -> None:
        """Install, and wait until all that the chart renders is ready and its hooks are through."""
        self.helm("install", CHART, "--wait", "--timeout=5m", values=self._named(values))

    def upgrade(self, values: Mapping[str, Any]) -> None:
        """Upgrade, and wait likewise."""
        self.helm("upgrade", CHART, "--wait", "--timeout=5m", values=self._named(values))

    def uninstall(self) -> None:
        """Uninstall, and wait until all objects are gone."""
        self.helm("uninstall", "--wait", "--timeout=3m")

    def manifest(self, values: Mapping[str, Any]) -> str:
        """Return what would be installed."""
        return self.helm("template", CHART, values=self._named(values))

    def target(self) -> Target:
        """Return where the predictor answers, as seen from this machine."""
        host = service_ip(f"{self.name}-predictor", self.namespace)
        return Target(host, rest_port=80, grpc_port=8081)

    def inference_service(self) -> dict[str, Any] | None:
        """Return the InferenceService, or None if there is none."""
        scope = f"--namespace={self.namespace}"
        try:
            return get("inferenceservice", self.name, scope)
        except CommandError as exc:
            if "NotFound" not in str(exc):
                raise
            return None

    def bundle(self) -> str | None:
        """Return the digest that the InferenceService names, or None if there is none."""
        service = self.inference_service()
        if service is None:
            return None
        return service["spec"]["predictor"]["model"]["storageUri"].rpartition("/")[2]

    def pods(self) -> list[dict[str, Any]]:
        """Return the predictor's pods that are ready."""
        return ready_pods(self.namespace, self.selector)

    def wait_for_pods(self, count: int, *, seconds: float = 120.0) -> list[dict[str, Any]]:
        """Wait until exactly so many predictors are ready, and return them."""
        return until(
            lambda: found if len(found := self.pods()) == count else None,
            seconds=seconds,
            what=f"{count} ready predictors of {self.name} in {self.namespace}",
        )

    def scale(self, count: int) -> None:
        """Ask KServe for so many replicas, as whoever runs it would."""
        patch = {"spec": {"predictor": {"minReplicas": count, "maxReplicas": count}}}
        kubectl(
            "patch",
            "inferenceservice",
            self.name,
            f"--namespace={self.namespace}",
            "--type=merge",
            f"--patch={json.dumps(patch)}",
        )

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return merged(merged(SMALL, values), {"inferenceService": {"name": self.name}})


@dataclass(frozen=True, slots=True)
class Installed:
    """A release, the values that it was installed with, and its champion."""

    release: Release
    values: dict[str, Any]
    champion: Bundle


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as helm merges them: maps by key, all else replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        is_map = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if is_map else value
    return result
