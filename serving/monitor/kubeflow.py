"""Pipelines on a cluster, through Kubeflow Pipelines' API."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kfp
import kfp_server_api as api
import urllib3

from secom_core.errors import RunError
from serving.monitor.launching import Arguments, State

EXPERIMENT = "secom"
"""Under which Kubeflow lists the runs."""

_TIMEOUT = (3, 20)  # connect, read; seconds
_ENDED: dict[str, State] = {
    "SUCCEEDED": "succeeded",
    "SKIPPED": "succeeded",
    "FAILED": "failed",
    "CANCELED": "failed",
}


class Kubeflow:
    """Starts what `secom upload` has brought there, in its newest version.

    Parameters
    ----------
    host : str
        Address of Kubeflow Pipelines' API. Nothing is asked before the first call.
    """

    def __init__(self, host: str) -> None:
        self._host = host.rstrip("/")
        self._connected: kfp.Client | None = None

    def start(self, pipeline: str, arguments: Arguments, *, name: str) -> str:
        """Start a pipeline; raises `RunError` if Kubeflow is away, refuses or does not have it."""
        with self._explained() as client:
            pipeline_id, version_id = self._newest(client, f"secom-{pipeline.replace('_', '-')}")
            run = api.V2beta1Run(
                experiment_id=self._experiment(client),
                display_name=name,
                pipeline_version_reference=api.V2beta1PipelineVersionReference(
                    pipeline_id=pipeline_id, pipeline_version_id=version_id
                ),
                runtime_config=api.V2beta1RuntimeConfig(parameters=dict(arguments)),
            )
            created = client.runs.run_service_create_run(run=run, _request_timeout=_TIMEOUT)
            return str(created.run_id)

    def find(self, name: str) -> str | None:
        """Return the id of the run of that name; raises `RunError` if Kubeflow is away."""
        with self._explained() as client:
            listed = client.runs.run_service_list_runs(
                filter=_named(name), page_size=1, _request_timeout=_TIMEOUT
            )
            return str(listed.runs[0].run_id) if listed.runs else None

    def state(self, run_id: str) -> State:
        """Say how a run goes; one that was deleted has failed. Raises `RunError` as `find`."""
        with self._explained() as client:
            try:
                run = client.runs.run_service_get_run(run_id, _request_timeout=_TIMEOUT)
            except api.ApiException as exc:
                if exc.status == 404:
                    return "failed"
                raise
            return _ENDED.get(run.state, "running")

    def _experiment(self, client: kfp.Client) -> str:
        listed = client.experiments.experiment_service_list_experiments(
            filter=_named(EXPERIMENT), page_size=1, _request_timeout=_TIMEOUT
        )
        found = listed.experiments or [
            client.experiments.experiment_service_create_experiment(
                experiment=api.V2beta1Experiment(display_name=EXPERIMENT),
                _request_timeout=_TIMEOUT,
            )
        ]
        return str(found[0].experiment_id)

    def _newest(self, client: kfp.Client, name: str) -> tuple[str, str]:
        listed = client.pipelines.pipeline_service_list_pipelines(
            filter=_named(name), page_size=1, _request_timeout=_TIMEOUT
        )
        for pipeline in listed.pipelines or ():
            versions = client.pipelines.pipeline_service_list_pipeline_versions(
                pipeline.pipeline_id,
                sort_by="created_at desc",
                page_size=1,
                _request_timeout=_TIMEOUT,
            )
            for version in versions.pipeline_versions or ():
                return str(pipeline.pipeline_id), str(version.pipeline_version_id)
        message = (
            f"Kubeflow Pipelines at {self._host} has no version of {name}. "
            "Bring it there with `secom upload`."
        )
        raise RunError(message)

    @contextmanager
    def _explained(self) -> Iterator[kfp.Client]:
        try:
            yield self._client()
        except (urllib3.exceptions.HTTPError, TimeoutError) as exc:
            message = (
                f"no answer from Kubeflow Pipelines at {self._host}: {exc}. Is it running, and is "
                "this the address of its API?"
            )
            raise RunError(message) from exc
        except api.ApiException as exc:
            message = f"Kubeflow Pipelines at {self._host} refuses: {exc.status} {exc.reason}."
            raise RunError(message) from exc

    def _client(self) -> kfp.Client:
        if self._connected is None:
            self._require_alive()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # kfp tells all of old back ends
                self._connected = kfp.Client(host=self._host)
        return self._connected

    def _require_alive(self) -> None:
        """Ask first: the client waits for ever for a server that is not there."""
        healthz = f"{self._host}/apis/v2beta1/healthz"
        timeout = urllib3.Timeout(connect=_TIMEOUT[0], read=_TIMEOUT[1])
        with urllib3.PoolManager(timeout=timeout, retries=False) as http:
            status = http.request("GET", healthz).status
        if status != 200:
            message = f"Kubeflow Pipelines at {self._host} is not ready: {status}."
            raise RunError(message)


def _named(name: str) -> str:
    predicate: dict[str, Any] = {
        "operation": "EQUALS",
        "key": "display_name",
        "stringValue": name,
    }
    return json.dumps({"predicates": [predicate]})
