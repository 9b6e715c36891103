"""How far a roll-out is, judged from what Kubernetes says of Deployment and pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.rollout.manifest import Manifest
from secom_core.errors import RolloutError

# The kubelet goes on trying, but nothing that it waits for comes by itself.
_HOPELESS = frozenset(
    (
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    )
)
_LONGEST_SAID = 600

# Seconds that each state may last. KServe takes up a change within a few; a quota or a webhook
# may be in the way for a moment; an image has to be pulled for each replica, one after another.
_TAKING_UP, _HINDERED, _ROLLING = 60.0, 20.0, 600.0


@dataclass(frozen=True, slots=True)
class Missing:
    """What a roll-out waits for.

    Parameters
    ----------
    what : str
        In words that go on after "waited for".
    patience_seconds : float
        How long that may last.
    """

    what: str
    patience_seconds: float


def carries(template: Manifest, annotations: Mapping[str, str]) -> bool:
    """Whether a pod, or a Deployment's template of pods, carries all these annotations."""
    found = template["metadata"].get("annotations") or {}
    return all(found.get(name) == value for name, value in annotations.items())


def ready_pods(pods: Sequence[Manifest], annotations: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return the pods of a roll-out that take requests and are not about to go."""
    return tuple(pod for pod in _current(pods, annotations) if _condition(pod, "Ready", "True"))


def missing(
    deployment: Manifest | None, pods: Sequence[Manifest], annotations: Mapping[str, str]
) -> Missing | None:
    """Say what a roll-out waits for.

    Parameters
    ----------
    deployment : mapping or None
        None as long as there is none.
    pods : sequence of mapping
        All of the Deployment's.
    annotations : mapping
        What tells the new pods from all others.

    Returns
    -------
    Missing or None
        None if the roll-out is over.

    Raises
    ------
    RolloutError
        If it cannot succeed; carries the pod's own message.
    """
    # Right after the apply the old pods still pass every count: their Deployment is not yet told.
    if deployment is None or not carries(deployment["spec"]["template"], annotations):
        return Missing("KServe to take up the InferenceService", _TAKING_UP)
    status = deployment.get("status") or {}
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return Missing("Kubernetes to take up the Deployment", _TAKING_UP)
    _require_in_time(status)
    for pod in _current(pods, annotations):
        _require_hope_of_pod(pod)
    desired = deployment["spec"].get("replicas", 1)
    updated, available, present = (
        status.get(name, 0) for name in ("updatedReplicas", "availableReplicas", "replicas")
    )
    if updated == available == present == desired:
        return None
    counted = (
        f"{desired} replicas: {updated} are new, {available} available, {present - updated} old"
    )
    if hindrance := _condition(deployment, "ReplicaFailure", "True"):
        return Missing(f"{counted}; no pods: {hindrance.get('message')}", _HINDERED)
    return Missing("; ".join([counted, *_obstacles(_current(pods, annotations))]), _ROLLING)


def _current(pods: Sequence[Manifest], annotations: Mapping[str, str]) -> Iterator[Manifest]:
    for pod in pods:
        if carries(pod, annotations) and "deletionTimestamp" not in pod["metadata"]:
            yield pod


def _require_in_time(status: Manifest) -> None:
    late = _condition({"status": status}, "Progressing", "False")
    if late and late.get("reason") == "ProgressDeadlineExceeded":
        raise RolloutError(late["message"])


def _require_hope_of_pod(pod: Manifest) -> None:
    status = pod.get("status") or {}
    for container in (
        *(status.get("initContainerStatuses") or ()),
        *(status.get("containerStatuses") or ()),
    ):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _HOPELESS:
            message = (
                f"pod {pod['metadata']['name']}, container {container['name']}: "
                f"{waiting['reason']}: {_said(container, waiting)}"
            )
            raise RolloutError(message)


def _said(container: Manifest, waiting: Manifest) -> str:
    """Return why a container does not run, in its own last words if it left any."""
    ended = (container.get("lastState") or {}).get("terminated") or {}
    words = (ended.get("message") or waiting.get("message") or "no message").strip()
    if "exitCode" in ended:
        words = f"exit code {ended['exitCode']}: {words}"
    return words[-_LONGEST_SAID:]


def _obstacles(pods: Iterator[Manifest]) -> Iterator[str]:
    """Say why pods wait for a node, which may yet come."""
    for pod in pods:
        if homeless := _condition(pod, "PodScheduled", "False"):
            yield f"{pod['metadata']['name']}: {homeless.get('message', 'no node takes it')}"


def _condition(manifest: Manifest, kind: str, status: str) -> Manifest | None:
    """Return a condition of an object if it has this status."""
    for condition in (manifest.get("status") or {}).get("conditions") or ():
        if (condition["type"], condition["status"]) == (kind, status):
            return condition
    return None
