"""Verbs of the command line that talk to a cluster; each imports what it needs when it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines import options

if TYPE_CHECKING:
    from serving.monitor.launching import Launcher

_NO_CHAMPION = "no champion yet: the first run of the pipeline that succeeds makes one"


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


@click.command()
@options.place
@click.option("--digest", help="A published bundle, to become the first champion.")
def rollout(name: str, namespace: str, digest: str | None) -> None:
    """Apply the template of the InferenceService anew, with the present champion.

    It is over when every replica answers the champion's golden requests; a first champion that
    does not is taken away again.
    """
    from components.rollout import Place
    from pipelines.champion import roll_out

    served = roll_out(Place(name, namespace), os.environ, first=digest)
    click.echo(f"{namespace}/{name} serves {served}" if served else _NO_CHAMPION)


@click.command()
@options.place
@click.argument("digest")
def rollback(name: str, namespace: str, digest: str) -> None:
    """Serve the earlier bundle DIGEST, and make it the champion again.

    Any published bundle will do; a hold does not stop it.
    """
    from components.rollout import Place
    from pipelines.champion import roll_back

    roll_back(Place(name, namespace), os.environ, digest=digest)
    click.echo(f"{namespace}/{name} serves {digest}, which is the champion")


@click.command()
@options.place
def remove(name: str, namespace: str) -> None:
    """Delete the InferenceService and what else roll-outs made; bundles and champion stay."""
    from components.rollout import Place
    from components.rollout import remove as remove_from

    remove_from(Place(name, namespace))


@click.command()
@click.option("--reason", required=True, help="For whoever wants to promote, and is refused.")
def hold(reason: str) -> None:
    """Freeze the champion, as during a tool's qualification; a rollback stays possible."""
    from datetime import UTC, datetime

    from secom_core.store import Store
    from secom_core.store import hold as hold_champion

    hold_champion(Store.from_environment(os.environ), reason=reason, at=datetime.now(UTC))
    click.echo("held: nothing is promoted until `secom release`")


@click.command()
def release() -> None:
    """Let challengers be promoted again."""
    from secom_core.store import Store
    from secom_core.store import release as release_champion

    release_champion(Store.from_environment(os.environ))
    click.echo("released")


@click.command()
@click.option(
    "--keep-bundles",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="The bundles published last; champion and whatever a ledger names come on top.",
)
@click.option(
    "--run-days",
    type=click.IntRange(min=1),
    default=365,
    show_default=True,
    help="How long runs stay in MLflow and the store.",
)
def prune(keep_bundles: int, run_days: int) -> None:
    """Delete old bundles and runs that nothing names.

    Champion, the bundles published last and whatever a ledger names always stay, and in MLflow
    the runs that made them. `mlflow gc` at the server frees the files of deleted runs.
    """
    from datetime import UTC, datetime, timedelta

    from components import tracking
    from secom_core.store import Store, kept_bundles
    from secom_core.store import prune as prune_store

    store, now = Store.from_environment(os.environ), datetime.now(UTC)
    kept = kept_bundles(store, n_newest=keep_bundles)
    pruned = prune_store(store, kept=kept, run_days=run_days, now=now)
    runs = tracking.delete_old_runs(os.environ, before=now - timedelta(days=run_days), kept=kept)
    for digest in pruned.bundles:
        click.echo(f"bundle {digest}")
    click.echo(
        f"deleted {len(pruned.bundles)} bundles, {len(pruned.runs)} runs in the store, "
        f"{len(runs)} in MLflow"
    )


@click.command()
@click.argument("address")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def fetch(address: str, folder: Path) -> None:
    """Copy the bundle at ADDRESS (s3://BUCKET/bundles/DIGEST) into FOLDER, and verify it.

    SECOM_VERIFY_KEY names a public key; with it, an unsigned bundle is refused.
    """
    from pipelines.bundles import fetch as fetch_into

    click.echo(f"verified {fetch_into(address, folder, os.environ).digest}")


@click.command()
@click.option("--url", required=True, help="Address of the predictor's Service.")
def smoke(url: str) -> None:
    """Score units whose answers are known over V2, as a client does.

    SECOM_TOKEN is the bearer token, where the predictor asks for one.
    """
    from pipelines.champion import check_service

    served = check_service(url, os.environ)
    click.echo(f"{url} answers as {served} must" if served else _NO_CHAMPION)


@click.command()
@click.argument("unit_id", metavar="UNIT_ID")
@click.option("--json", "is_json", is_flag=True, help="For programs instead of people.")
def trace(unit_id: str, *, is_json: bool) -> None:
    """Tell all that is known of a unit: predictions, outcome, and where the bundles came from.

    UNIT_ID is the unit_id of the predictor's answer. Reads the object store; goes through all
    recorded predictions, the newest first.
    """
    from pipelines.trace import trace as find
    from pipelines.trace_page import to_text

    found = find(unit_id, os.environ, warn=lambda text: click.echo(text, err=True))
    click.echo(found.to_json() if is_json else to_text(found))


@click.command()
@options.monitor
@options.training
@options.log_level
def monitor(
    host: str,
    port: int,
    every: float,
    window: int,
    source: str | None,
    kubeflow: str | None,
    here: Path | None,
    inference_service: str,
    cooldown_hours: float,
    new_fails: int,
    log_level: str,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Take in outcomes, judge drift and live performance, and start trainings.

    SECOM_MONITOR_TOKEN is the bearer token for outcomes, trainings and batches, and
    SECOM_ALERTS_TOKEN the one for Alertmanager. Health and metrics stay open.
    """
    import tempfile
    from datetime import timedelta

    from pipelines.monitor import Choices, assemble
    from secom_core.config import TrainingConfig
    from serving.monitor.server import serve

    choices = Choices(
        source=source,
        inference_service=inference_service,
        window_units=window,
        cooldown=timedelta(hours=cooldown_hours),
        new_fails=new_fails,
        config=TrainingConfig(**settings),
    )
    with (
        tempfile.TemporaryDirectory(prefix="secom-monitor-") as scratch,
        _launcher(kubeflow, here) as launcher,
    ):
        parts = assemble(choices, os.environ, launcher=launcher, scratch=Path(scratch))
        serve(parts, host=host, port=port, every_seconds=every, log_level=log_level)


@contextmanager
def _launcher(kubeflow: str | None, here: Path | None) -> Iterator[Launcher]:
    """Yield what starts pipelines; trainings on this machine end with the block."""
    if kubeflow and here:
        from secom_core.errors import ConfigError

        message = (
            f"either Kubeflow ({kubeflow}) starts pipelines, or they run in {here}. "
            "Leave one of --kubeflow and --here out."
        )
        raise ConfigError(message)
    if here:
        from pipelines.local_runs import LocalRuns

        with closing(LocalRuns(here, os.environ)) as local:
            yield local
    elif kubeflow:
        from serving.monitor.kubeflow import Kubeflow

        yield Kubeflow(kubeflow)
    else:
        from serving.monitor.launching import Nobody

        yield Nobody()


VERBS = (monitor, upload, rollout, rollback, remove, hold, release, prune, fetch, smoke, trace)
