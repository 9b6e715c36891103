"""Bringing one bundle to every replica, and taking every replica away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.rollout import asking, progress
from components.rollout.lease import Clock, Held
from components.rollout.manifest import Manifest, Template
from secom_core.errors import ConfigError, RolloutError

if TYPE_CHECKING:
    from components.rollout.kubernetes_api import Cluster
    from secom_core.bundle import Golden

NAMESPACE = "SECOM_SERVING_NAMESPACE"
CLOCK = Clock(seconds=time.monotonic, sleep=time.sleep)

_LOOK_SECONDS = 1.0
_STARTING_SECONDS = 60.0
_STOPPING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """Which InferenceService.

    Parameters
    ----------
    name, namespace : str
    """

    name: str
    namespace: str

    @classmethod
    def from_environment(cls, name: str, environ: Mapping[str, str]) -> Place:
        """Take the namespace from SECOM_SERVING_NAMESPACE.

        Raises
        ------
        ConfigError
            If it is not set.
        """
        if not environ.get(NAMESPACE):
            message = f"set {NAMESPACE} (the namespace of the InferenceService {name})."
            raise ConfigError(message)
        return cls(name, environ[NAMESPACE])

    @property
    def lease(self) -> str:
        """Name of the Lease that lets one roll-out in at a time."""
        return f"{self.name}-rollout"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Target:
    """A bundle to be served, and what it must answer; nobody knows if it cannot be read."""

    digest: str
    golden: Golden | None


@dataclass(frozen=True, slots=True)
class Rollout:
    """A roll-out to one InferenceService, for as long as its Lease is held."""

    cluster: Cluster
    place: Place
    template: Template
    lease: Held
    environ: Mapping[str, str]

    def bring(self, target: Target) -> None:
        """Apply, and wait until every replica serves this bundle and answers as it must."""
        self.lease.require()
        self.cluster.apply(self.template.filled(target.digest))
        checked: set[str] = set()
        patience, since = 0.0, CLOCK.seconds()
        while missing := self._missing(target, checked):
            if missing.patience_seconds != patience:
                patience, since = missing.patience_seconds, CLOCK.seconds()
            if CLOCK.seconds() - since > patience:
                raise RolloutError(self._overdue(missing))
            CLOCK.sleep(_LOOK_SECONDS)
        self.lease.require()

    def stop(self, target: Target) -> None:
        """Take every replica away."""
        self.lease.require()
        self.cluster.apply(self.template.stopped(target.digest))
        until_gone(lambda: self.cluster.deployment(self.place.name), f"the pods of {self.place}")

    def _missing(self, target: Target, checked: set[str]) -> progress.Missing | None:
        """Look once; ask each new pod as soon as it is ready, while old ones still serve."""
        self.lease.require()
        annotations = self.template.pod_annotations(target.digest)
        deployment = self.cluster.deployment(self.place.name)
        pods = self.cluster.pods(deployment) if deployment else []
        missing = progress.missing(deployment, pods, annotations)
        for pod in progress.ready_pods(pods, annotations):
            self._check(pod, target, checked)
        return missing if missing or checked else progress.Missing("a ready pod", _STARTING_SECONDS)

    def _check(self, pod: Manifest, target: Target, checked: set[str]) -> None:
        uid = pod["metadata"]["uid"]
        if uid in checked:
            return
        try:
            asking.server_of(pod, self.environ).check(target.digest, target.golden)
        except RolloutError as exc:
            if not self._is_still_there(pod):
                return  # it left while it was asked
            message = f"pod {pod['metadata']['name']}: {exc}"
            raise RolloutError(message) from exc
        checked.add(uid)

    def _is_still_there(self, pod: Manifest) -> bool:
        deployment = self.cluster.deployment(self.place.name)
        return deployment is not None and any(
            one["metadata"]["uid"] == pod["metadata"]["uid"]
            and "deletionTimestamp" not in one["metadata"]
            for one in self.cluster.pods(deployment)
        )

    def _overdue(self, missing: progress.Missing) -> str:
        """Say what was waited for in vain, and KServe's own view of it."""
        message = f"waited {missing.patience_seconds:.0f} s for {missing.what}."
        service = self.cluster.inference_service(self.place.name) or {}
        for condition in (service.get("status") or {}).get("conditions") or ():
            if condition["status"] == "False" and condition.get("message"):
                message += f" KServe says of {condition['type']}: {condition['message']}"
        return message


def until_gone(find: Callable[[], Manifest | None], what: str) -> None:
    """Wait until something is not found any more.

    Raises
    ------
    RolloutError
        If it takes too long.
    """
    began = CLOCK.seconds()
    while find() is not None:
        if CLOCK.seconds() - began > _STOPPING_SECONDS:
            message = f"{what} are still there after {_STOPPING_SECONDS:.0f} s."
            raise RolloutError(message)
        CLOCK.sleep(_LOOK_SECONDS)
