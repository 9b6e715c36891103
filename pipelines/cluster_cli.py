"""Verbs of the command line that talk to a cluster; each imports what it needs when it runs."""

from __future__ import annotations

from typing import Any

import click

from pipelines import options


@click.command()
@click.option("--host", required=True, help="Address of Kubeflow Pipelines' API.")
@click.option("--image", metavar="REF", required=True, help="What the stages run in.")
@click.option(
    "--schedule",
    metavar="CRON",
    help="When to train by itself: six fields, seconds first. Without it, one that an earlier "
    "upload made is removed.",
)
@click.option("--data", metavar="SOURCE", help="What then to train on; default: UCI's address.")
@click.option("--inference-service", metavar="NAME", default="", help="Which one then to roll out.")
@options.training
def upload(
    host: str,
    image: str,
    schedule: str | None,
    data: str | None,
    inference_service: str,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Bring the pipelines to Kubeflow as a new version, and put training on a schedule.

    What is there already stays as it is. A schedule that was paused stays paused.
    """
    from pipelines import cluster
    from pipelines.as_yaml import PIPELINES
    from pipelines.upload import SCHEDULED, Schedule, put_schedule, put_version
    from secom_core.config import TrainingConfig

    arguments = {**TrainingConfig(**settings).to_json(), "inference_service": inference_service}
    if data:
        arguments["source"] = data
    asked = Schedule(cron=schedule, arguments=arguments) if schedule else None
    with cluster.client(host) as client:
        versions = {name: put_version(client, name, image=image) for name in PIPELINES}
        put_schedule(client, versions[SCHEDULED], asked)
    for version in versions.values():
        state = "uploaded" if version.is_new else "already there"
        click.echo(f"{version.pipeline}  version {version.digest}  {state}")
    click.echo(f"schedule  {schedule or 'none'}")


VERBS = (upload,)
