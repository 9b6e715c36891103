"""Every call to Kubernetes, in plain values; what goes wrong with one is told in one place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import urllib3
import yaml
from kubernetes import client, config

from components.rollout.manifest import Manifest, Template
from secom_core.errors import RolloutError

FIELD_MANAGER = "secom-promote"
_KSERVE, _APPS, _LEASES = (
    "/apis/serving.kserve.io/v1beta1",
    "/apis/apps/v1",
    "/apis/coordination.k8s.io/v1",
)
_TIMEOUT = (5, 30)  # seconds: connect, read
# An API server that restarts is away for seconds, a roll-out goes on for minutes. By urllib3's own
# rules PATCH and POST are sent once more only if nobody has heard them.
_RETRIES = urllib3.Retry(total=6, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504))
_LONGEST_SAID = 600


class ClashError(RolloutError):
    """Somebody else has changed the object since it was read, or made it first."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A namespace of a cluster.

    Parameters
    ----------
    api : kubernetes.client.ApiClient
    namespace : str
    """

    api: client.ApiClient
    namespace: str

    def template(self, name: str) -> Template:
        """Return the template of an InferenceService, which the chart leaves.

        Raises
        ------
        RolloutError
            If there is none, or it is not one.
        """
        found = self._get("/api/v1", "configmaps", f"{name}-template")
        if found is None:
            message = (
                f"there is no ConfigMap {name}-template in namespace {self.namespace}. Install "
                "the chart there, and name the InferenceService as its inferenceService.name does."
            )
            raise RolloutError(message)
        try:
            manifest = yaml.safe_load(found["data"]["inference-service.yaml"])
            return Template(
                manifest=manifest, storage_uri_prefix=found["data"]["storage-uri-prefix"]
            )
        except (KeyError, yaml.YAMLError) as exc:
            message = f"the ConfigMap {name}-template is none of this version's chart ({exc!r})."
            raise RolloutError(message) from exc

    def apply(self, inference_service: Manifest) -> None:
        """Make an InferenceService, or change it into this one.

        Fields that somebody else has set by hand are set back: the template is the truth.
        """
        name = inference_service["metadata"]["name"]
        self._call(
            "PATCH",
            self._path(_KSERVE, "inferenceservices", name),
            body=dict(inference_service),
            content_type="application/apply-patch+yaml",
            fieldManager=FIELD_MANAGER,
            force="true",
        )

    def inference_service(self, name: str) -> Manifest | None:
        """Return an InferenceService, if it is there."""
        return self._get(_KSERVE, "inferenceservices", name)

    def deployment(self, name: str) -> Manifest | None:
        """Return the Deployment of an InferenceService, if it is there."""
        return self._get(_APPS, "deployments", f"{name}-predictor")

    def pods(self, deployment: Manifest) -> list[Manifest]:
        """Return the pods of a Deployment."""
        labels = deployment["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        listed = self._call("GET", self._path("/api/v1", "pods"), labelSelector=selector)
        return list(listed["items"])

    def lease(self, name: str) -> Manifest | None:
        """Return a Lease, if it is there."""
        return self._get(_LEASES, "leases", name)

    def write_lease(self, lease: Manifest) -> Manifest:
        """Make a Lease, or change it if it is the one that was read.

        Raises
        ------
        ClashError
            If somebody else was first.
        """
        metadata = lease["metadata"]
        if "resourceVersion" not in metadata:
            return self._call("POST", self._path(_LEASES, "leases"), body=dict(lease))
        path = self._path(_LEASES, "leases", metadata["name"])
        return self._call("PUT", path, body=dict(lease))

    def delete_inference_service(self, name: str) -> None:
        """Delete an InferenceService; what belongs to it goes first."""
        self._delete(_KSERVE, "inferenceservices", name)

    def delete_lease(self, name: str) -> None:
        """Delete a Lease."""
        self._delete(_LEASES, "leases", name)

    def _path(self, group: str, kind: str, name: str = "") -> str:
        return f"{group}/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")

    def _get(self, group: str, kind: str, name: str) -> Manifest | None:
        return self._call("GET", self._path(group, kind, name), or_none=True)

    def _delete(self, group: str, kind: str, name: str) -> None:
        path = self._path(group, kind, name)
        self._call("DELETE", path, or_none=True, propagationPolicy="Foreground")

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        or_none: bool = False,
        **query: str,
    ) -> Any:  # noqa: ANN401 - whatever JSON the API server answers
        with _explained(self.api, f"{method} {path}"):
            try:
                return self.api.call_api(
                    path,
                    method,
                    query_params=list(query.items()),
                    header_params={"Accept": "application/json", "Content-Type": content_type},
                    body=body,
                    response_type="object",
                    auth_settings=["BearerToken"],
                    _return_http_data_only=True,
                    _request_timeout=_TIMEOUT,
                )
            except client.ApiException as exc:
                if or_none and exc.status == HTTPStatus.NOT_FOUND:
                    return None
                raise


def connect(namespace: str) -> Cluster:
    """Connect to the cluster of KUBECONFIG, else to the one that this process runs in.

    Raises
    ------
    RolloutError
        If there is neither.
    """
    settings = client.Configuration()
    try:
        config.load_config(client_configuration=settings)
    except (config.ConfigException, OSError) as exc:
        message = (
            f"no cluster: {exc}. Run this in a pod with a service account, or set KUBECONFIG. "
            "Without Kubernetes, leave inference_service empty and use `secom serve`."
        )
        raise RolloutError(message) from exc
    settings.retries = _RETRIES
    return Cluster(client.ApiClient(settings), namespace)


@contextmanager
def _explained(api: client.ApiClient, tried: str) -> Iterator[None]:
    """Turn whatever the client raises into a `RolloutError` that says what to do."""
    try:
        yield
    except client.ApiException as exc:
        raise _refused(exc, tried) from exc
    except urllib3.exceptions.HTTPError as exc:
        message = (
            f"no answer from Kubernetes at {api.configuration.host} to {tried}: {exc}. "
            "Is it up, and may this pod reach it?"
        )
        raise RolloutError(message) from exc


def _refused(fault: client.ApiException, tried: str) -> RolloutError:
    try:
        said = str(json.loads(fault.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        said = str(fault.reason)
    message = f"Kubernetes refuses {tried}: {said[:_LONGEST_SAID]}"
    if fault.status == HTTPStatus.CONFLICT:
        return ClashError(message)
    if fault.status == HTTPStatus.FORBIDDEN:
        message += (
            " Bind the Role that the chart makes for roll-outs to this account "
            "(kfp.serviceAccount, kfp.namespace)."
        )
    return RolloutError(message)
