"""Bring the graphs to Kubeflow Pipelines, and put one on a schedule; twice is as good as once."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import kfp
import kfp_server_api as api

from pipelines import as_yaml, cluster
from secom_core.errors import ConfigError

SCHEDULED = "train_and_promote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A graph as Kubeflow holds it.

    Parameters
    ----------
    pipeline : str
        Its name in Kubeflow.
    digest : str
        Of the YAML; the version's name in Kubeflow.
    pipeline_id, version_id : str
    is_new : bool
        Whether this upload brought it.
    """

    pipeline: str
    digest: str
    pipeline_id: str
    version_id: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the graph runs by itself, and with what.

    Parameters
    ----------
    cron : str
        Kubeflow's six fields, seconds first, or a word such as `@daily`.
    arguments : mapping
        The graph's parameters.
    """

    cron: str
    arguments: Mapping[str, str | int | float]

    def __post_init__(self) -> None:
        # Kubeflow takes five fields too, and reads the first as seconds.
        if not self.cron.startswith("@") and len(self.cron.split()) != 6:
            message = (
                f"the schedule must have six fields, seconds first, as in '0 0 4 * * *' for each "
                f"day at 4:00 UTC; got {self.cron!r}."
            )
            raise ConfigError(message)


def put_version(client: kfp.Client, name: str, *, image: str) -> Version:
    """Upload a graph, unless Kubeflow has it already.

    Parameters
    ----------
    client : kfp.Client
    name : str
        One of `as_yaml.PIPELINES`.
    image : str
        What its stages run in.

    Raises
    ------
    ConfigError
        If `image` names no fixed image.
    """
    pipeline = as_yaml.PIPELINES[name].name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        as_yaml.write(name, path, image=image)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        pipeline_id = client.get_pipeline_id(pipeline) or _new_pipeline(client, pipeline)
        present = client.list_pipeline_versions(pipeline_id, filter=_named(digest))
        is_new = not present.pipeline_versions
        version = (
            client.upload_pipeline_version(
                str(path), digest, pipeline_id=pipeline_id, description=f"Runs in {image}"
            )
            if is_new
            else present.pipeline_versions[0]
        )
    return Version(
        pipeline=pipeline,
        digest=digest,
        pipeline_id=pipeline_id,
        version_id=version.pipeline_version_id,
        is_new=is_new,
    )


def put_schedule(client: kfp.Client, version: Version, schedule: Schedule | None) -> None:
    """Have a graph run on this schedule and no other; `None`: on none.

    Kubeflow changes no recurring run, so one that differs is replaced. If it was paused, its
    successor is too.
    """
    listed = client.list_recurring_runs(filter=_named(version.pipeline), page_size=100)
    present = listed.recurring_runs or []
    kept = [each for each in present if schedule and each.description == _says(version, schedule)]
    if schedule and not kept:
        is_paused = any(each.status == "DISABLED" for each in present)
        _new_recurring_run(client, version, schedule, is_enabled=not is_paused)
    for each in present:
        if each not in kept[:1]:
            client.delete_recurring_run(each.recurring_run_id)


def _new_pipeline(client: kfp.Client, name: str) -> str:
    # Uploading would make a first version of this name, which no digest would ever match.
    created = client.pipelines.pipeline_service_create_pipeline(
        api.V2beta1Pipeline(display_name=name)
    )
    return str(created.pipeline_id)


def _new_recurring_run(
    client: kfp.Client, version: Version, schedule: Schedule, *, is_enabled: bool
) -> None:
    experiment = client.create_experiment(cluster.EXPERIMENT)
    client.create_recurring_run(
        experiment.experiment_id,
        version.pipeline,
        description=_says(version, schedule),
        cron_expression=schedule.cron,
        no_catchup=True,  # after an outage one run on the latest data is enough
        params=dict(schedule.arguments),
        pipeline_id=version.pipeline_id,
        version_id=version.version_id,
        enabled=is_enabled,
    )


def _says(version: Version, schedule: Schedule) -> str:
    """Return the description by which a recurring run is known to be as asked.

    What Kubeflow answers about a run's parameters need not read as they were sent.
    """
    arguments = json.dumps(dict(schedule.arguments), sort_keys=True)
    return f"Version {version.digest} at {schedule.cron} with {arguments}"


def _named(name: str) -> str:
    predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [predicate]})
