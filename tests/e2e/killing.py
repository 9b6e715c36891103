"""Ending a container as a crash does: without a signal that it could hear."""

from __future__ import annotations

from components.decorator import TRAIN_IMAGE
from tests.e2e import cluster
from tests.e2e.cluster import Manifest, apply, get, kubectl, until

# Nobody can kill the first process of a container from within; root of the node can.
_PROGRAM = """
import os, signal, sys, time
for entry in os.scandir("/proc"):
    try:
        if entry.name.isdigit() and sys.argv[1] in open(f"/proc/{entry.name}/cgroup").read():
            os.kill(int(entry.name), signal.SIGKILL)
            print(time.time(), flush=True)
    except (FileNotFoundError, ProcessLookupError):
        pass
"""


def kill(pod: Manifest, container: str) -> float:
    """Kill all processes of a container with SIGKILL; return when, in seconds since the epoch."""
    # Sidecars are among those that initialize.
    all_statuses = pod["status"]["containerStatuses"] + pod["status"]["initContainerStatuses"]
    status = next(one for one in all_statuses if one["name"] == container)
    container_id = status["containerID"].partition("://")[2]
    with cluster.namespace("killer", pod_security="privileged") as namespace:
        apply(_killer(namespace, pod["spec"]["nodeName"], container_id))
        scope = f"--namespace={namespace}"
        ended = ("Succeeded", "Failed")
        until(
            lambda: get("pod", "killer", scope)["status"]["phase"] in ended,
            seconds=60,
            what="the end of a process",
        )
        printed = kubectl("logs", "killer", scope).split()
    assert printed, f"{container_id} has no process"
    return float(printed[0])


def _killer(namespace: str, node: str, container_id: str) -> Manifest:
    container = {
        "name": "killer",
        "image": TRAIN_IMAGE,
        "command": ["python", "-c", _PROGRAM, container_id],
        "securityContext": {"privileged": True, "runAsUser": 0},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "killer", "namespace": namespace},
        "spec": {
            "nodeName": node,
            "hostPID": True,
            "restartPolicy": "Never",
            "containers": [container],
        },
    }
