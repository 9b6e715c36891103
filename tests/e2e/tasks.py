"""Programs of the training image in pods, as tasks of the pipelines run there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.decorator import TRAIN_IMAGE
from pipelines.resources import CONFIG_MAP, SECRET
from tests.e2e.cluster import Manifest, apply, get, kubectl, until
from tests.e2e.release import Release

RUNNER = "pipeline-runner"
"""The account that Kubeflow gives tasks; the chart expects it to be there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended, and what it wrote."""

    is_success: bool
    log: str


def service_account(namespace: str) -> Manifest:
    """Return the runner's account, as Kubeflow makes it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": RUNNER, "namespace": namespace},
    }


@dataclass(frozen=True, slots=True)
class Task:
    """A program that was started."""

    name: str
    namespace: str

    def outcome(self, *, seconds: float = 240.0) -> Outcome:
        """Wait until it ends, and remove it."""
        scope = f"--namespace={self.namespace}"
        try:
            status = until(
                lambda: _ended(get("job", self.name, scope)),
                seconds=seconds,
                what=f"the end of {self.name}",
            )
            return Outcome("succeeded" in status, kubectl("logs", f"job/{self.name}", scope))
        finally:
            kubectl("delete", "job", self.name, scope, "--wait=false")


def start(
    namespace: str,
    *arguments: str,
    command: Sequence[str] = ("secom",),
    environ: Mapping[str, str] | None = None,
) -> Task:
    """Start a program with the runner's rights and a task's environment.

    Parameters
    ----------
    namespace : str
        Where tasks run; holds the ConfigMap and the Secret that they are given.
    *arguments : str
    command : sequence of str
    environ : mapping, optional
        What overrides the environment that tasks are given.
    """
    name = f"task-{secrets.token_hex(3)}"
    apply(_job(name, namespace, [*command, *arguments], environ or {}))
    return Task(name, namespace)


def roll_back(release: Release, digest: str, *, environ: Mapping[str, str] | None = None) -> Task:
    """Start going to a published bundle."""
    scope = (f"--name={release.name}", f"--namespace={release.namespace}")
    return start(release.namespace, "rollback", *scope, digest, environ=environ)


def _ended(job: Manifest) -> Manifest | None:
    status = job["status"]
    return status if status.get("succeeded") or status.get("failed") else None


def _job(name: str, namespace: str, command: list[str], environ: Mapping[str, str]) -> Manifest:
    container = {
        "name": "task",
        "image": TRAIN_IMAGE,
        "command": command,
        "envFrom": [{"configMapRef": {"name": CONFIG_MAP}}, {"secretRef": {"name": SECRET}}],
        "env": [{"name": key, "value": value} for key, value in environ.items()],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - the pod's own
    }
    pod = {
        "serviceAccountName": RUNNER,
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
