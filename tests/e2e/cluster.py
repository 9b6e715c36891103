"""The cluster that KUBECONFIG names, by the programs that its users have."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
LABEL = "secom.io/e2e"
"""Of each namespace that these tests made."""

_EVENT = "custom-columns=WHEN:.lastTimestamp,WHAT:.involvedObject.name,WHY:.reason,MESSAGE:.message"

Manifest = dict[str, Any]
Found = TypeVar("Found")


class CommandError(AssertionError):
    """A program ended with another status than 0."""


def run(*command: str, stdin: str | None = None, seconds: float = 600.0) -> str:
    """Run a program in the project's folder and return what it wrote to standard output.

    Raises
    ------
    CommandError
        If it fails; carries the command and all that it wrote.
    """
    done = subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode:
        message = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        raise CommandError(message)
    return done.stdout


def kubectl(*arguments: str, stdin: str | None = None, seconds: float = 600.0) -> str:
    """Run kubectl."""
    return run("kubectl", *arguments, stdin=stdin, seconds=seconds)


def get(*arguments: str) -> Any:
    """Return what `kubectl get` finds."""
    return json.loads(kubectl("get", *arguments, "--output=json"))


def items(kind: str, namespace: str, selector: str = "") -> list[Manifest]:
    """Return all objects of a kind in a namespace."""
    return get(kind, f"--namespace={namespace}", f"--selector={selector}")["items"]


def apply(*manifests: Manifest) -> None:
    """Make or change objects."""
    kubectl("apply", "--filename=-", stdin=json.dumps({
        "apiVersion": "v1", "kind": "List", "items": list(manifests),
    }))  # fmt: skip


def until(condition: Callable[[], Found | None], *, seconds: float, what: str) -> Found:
    """Ask again and again until there is an answer that holds, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not in {seconds:.0f} s"
        time.sleep(0.25)
    return found


@contextmanager
def namespace(purpose: str, *, pod_security: str) -> Iterator[str]:
    """Make a namespace that enforces a level of Pod Security; remove it and wait for that."""
    name = f"t-e2e-{purpose}-{secrets.token_hex(2)}"
    labels = {LABEL: purpose, "pod-security.kubernetes.io/enforce": pod_security}
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--timeout=180s")


def service_ip(name: str, namespace: str) -> str:
    """Return the address of a Service that leads there from any pod, and from this machine."""
    return get("service", name, f"--namespace={namespace}")["spec"]["clusterIP"]


def everything(namespace: str) -> set[str]:
    """Return each object of a namespace but events, and those without one that carry its name."""
    found = set()
    for is_namespaced in ("true", "false"):
        known = kubectl(
            "api-resources", "--verbs=list", f"--namespaced={is_namespaced}", "--output=name"
        )
        kinds = ",".join(kind for kind in known.split() if not kind.startswith("events"))
        names = kubectl("get", kinds, f"--namespace={namespace}", "--output=name").split()
        found |= {name for name in names if is_namespaced == "true" or namespace in name}
    return found


def ready_pods(namespace: str, selector: str) -> list[Manifest]:
    """Return the pods that are ready and not about to go."""
    return [
        pod
        for pod in items("pods", namespace, selector)
        if "deletionTimestamp" not in pod["metadata"]
        and any(
            one["type"] == "Ready" and one["status"] == "True"
            for one in pod["status"].get("conditions", ())
        )
    ]


def evict(pod: Manifest) -> None:
    """Ask for an eviction, as a drain does for each pod of a node."""
    where = {key: pod["metadata"][key] for key in ("name", "namespace")}
    kubectl(
        "create",
        f"--raw=/api/v1/namespaces/{where['namespace']}/pods/{where['name']}/eviction",
        "--filename=-",
        stdin=json.dumps({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": where}),
    )


def what_happened(namespaces: list[str], *, n_lines: int = 40) -> str:
    """Return pods, events and the end of each container's log, for whoever looks for a cause."""
    parts = []
    for name in namespaces:
        scope = f"--namespace={name}"
        asked = [
            ("get", "inferenceservices,deployments,jobs,pods", scope, "--output=wide"),
            ("get", "events", scope, "--sort-by=.lastTimestamp", f"--output={_EVENT}"),
        ]
        asked += [
            ("logs", scope, pod, "--all-containers", "--prefix", "--ignore-errors",
             f"--tail={n_lines}")
            for pod in kubectl("get", "pods", scope, "--output=name").split()
        ]  # fmt: skip
        for command in asked:
            done = subprocess.run(
                ["kubectl", *command], capture_output=True, text=True, timeout=60, check=False
            )
            parts.append(f"$ kubectl {' '.join(command)}\n{done.stdout}{done.stderr}")
    return "\n".join(parts)
