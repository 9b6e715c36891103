"""The command line: one verb a command, each imports what it needs when it runs.

The serving image holds neither Kubeflow Pipelines nor scikit-learn, and `secom serve` runs in it.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines import cluster_cli, options
from secom_core.errors import SecomError

if TYPE_CHECKING:
    from secom_core.store import Store


class _Refusal(click.ClickException):
    """What the user can mend: one message and exit code 2."""

    exit_code = 2


class _Interruption(click.ClickException):
    """Ctrl-C, or a polite end from outside; shells know it by this code."""

    exit_code = 130


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        try:
            return super().invoke(ctx)
        except SecomError as exc:
            raise _Refusal(str(exc)) from exc
        except KeyboardInterrupt as exc:
            message = "interrupted; whatever was finished stays, nothing is half-written."
            raise _Interruption(message) from exc


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="secom")
def main() -> None:
    """Which units of a semiconductor line to inspect: train, judge, serve."""


for verb in cluster_cli.VERBS:
    main.add_command(verb)


@main.command()
@options.data
@options.state
@options.training
def run(data: str | None, folder: Path, **settings: Any) -> None:  # noqa: ANN401
    """Train four families, let the best contest the champion, write the report."""
    from datetime import UTC, datetime

    from rich.console import Console

    from pipelines import run as runner
    from pipelines.sources import choose
    from pipelines.state import State
    from pipelines.summary import summary
    from secom_core.config import TrainingConfig

    # Ended from outside, a run tidies up as it does on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = TrainingConfig(**settings)
    console = Console(stderr=True)
    source = choose(data, os.environ, console)
    finished = runner.run(
        source,
        config,
        State(folder),
        environ=os.environ,
        started_at=datetime.now(UTC),
        console=console,
    )
    click.echo(summary(finished))


@main.command()
@options.bundle("What to serve.")
@options.state
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--http-port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="REST; 0: any.",
)
@click.option(
    "--grpc-port",
    type=click.IntRange(0, 65535),
    default=8081,
    show_default=True,
    help="gRPC; 0: any.",
)
@options.tls
@options.limits
@options.recording
@options.log_level
def serve(
    bundle: str | None,
    folder: Path,
    host: str,
    http_port: int,
    grpc_port: int,
    certificate: Path | None,
    key: Path | None,
    record: Path | None,
    max_bytes: int,
    audit_share: float,
    audit_seed: int,
    log_level: str,
    **limits: Any,  # noqa: ANN401
) -> None:
    """Answer the Open Inference Protocol V2 over HTTP and gRPC.

    SECOM_TOKEN is a bearer token that clients must send; unset, everybody may ask. Health and
    metrics stay open. SECOM_VERIFY_KEY names a public key; with it, only a bundle signed by its
    owner is served.
    """
    # grpc reads this when it is imported. Its own lines are no JSON, and one tells of each client
    # that speaks no TLS.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

    from pipelines.bundles import open_bundle
    from pipelines.state import State
    from serving.predictor import logs
    from serving.predictor.access import token_from
    from serving.predictor.limits import Limits
    from serving.predictor.recording.settings import Recording
    from serving.predictor.server import serve as serve_bundle
    from serving.predictor.tls import Certificate

    checked = Limits(**limits)
    token = token_from(os.environ)
    tls = Certificate.from_files(certificate, key)
    recording = (
        Recording(
            folder=record, max_bytes=max_bytes, audit_share=audit_share, audit_seed=audit_seed
        )
        if record
        else None
    )
    logs.configure(log_level)
    with open_bundle(bundle, State(folder), os.environ) as opened:
        serve_bundle(
            opened,
            host=host,
            http_port=http_port,
            grpc_port=grpc_port,
            limits=checked,
            certificate=tls,
            token=token,
            recording=recording,
        )


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--every",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    show_default=True,
    help="Seconds between two looks into FOLDER.",
)
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    default=45.0,
    show_default=True,
    help="After SIGTERM, how many seconds to wait for the server's end, and for the store.",
)
@options.log_level
def ship(folder: Path, every: float, wait: float, log_level: str) -> None:
    """Bring what `secom serve --record FOLDER` has written to the object store, as Parquet.

    Goes on until SIGTERM or SIGINT; then it waits for the server's end and ships what is left. On
    a second SIGINT it leaves at once: what is left then can be shipped later.

    Exit code: 0 if nothing is left, 3 if units are left in FOLDER, 2 if nothing could be done.
    """
    import threading

    from secom_core.store import Store
    from serving import json_lines
    from serving.predictor.recording.shipper import Shipper

    stopping = threading.Event()

    def stop(number: int, _frame: object) -> None:
        if number == signal.SIGINT:
            signal.signal(number, signal.default_int_handler)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    json_lines.configure(log_level)
    store = Store.from_environment(os.environ)
    sys.exit(3 if Shipper(folder, store, every=every, wait=wait).run(stopping) else 0)


@main.command()
@options.bundle("What judges.")
@options.state
@click.option(
    "--input",
    "source",
    metavar="FILE|FOLDER|s3://…",
    required=True,
    help="Parquet, CSV with a header, or UCI's text; of a folder, whatever ends so in it.",
)
@click.option(
    "--output",
    metavar="FOLDER|s3://…",
    required=True,
    help="Where results go; a job that was interrupted there is continued.",
)
@click.option(
    "--list",
    "n_listed",
    type=click.IntRange(0, 100_000),
    default=500,
    show_default=True,
    help="Units on the inspection list, the riskiest first.",
)
def predict(bundle: str | None, folder: Path, source: str, output: str, n_listed: int) -> None:
    """Score files of units, and list what to inspect first.

    Writes parts/*.parquet (risk and decision of each unit), rejects.csv (units that break the
    contract, with line and reason), inspection.html, inspection.csv and summary.json.

    Exit code: 0 if all units were scored, 3 if some were rejected, 2 if nothing could be done.
    """
    from pipelines.bundles import open_bundle
    from pipelines.state import State
    from serving.predictor import batch

    def open_bucket(name: str) -> Store:
        from secom_core.store import bucket_opener  # files on disk need none of it

        return bucket_opener(os.environ)(name)

    with (
        open_bundle(bundle, State(folder), os.environ) as opened,
        click.progressbar(
            length=0, label="scoring", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar,
    ):

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        place = batch.open_place(output, open_bucket)
        summary = batch.predict(
            opened,
            source,
            place,
            open_bucket=open_bucket,
            n_workers=batch.n_cores(),
            n_listed=n_listed,
            progress=progress,
        )
    click.echo(f"{summary.to_text()}\nresults   {place.address}")
    sys.exit(3 if summary.n_rejects else 0)


@main.command(name="compile")
@click.option(
    "--pipeline",
    type=click.Choice(["train_and_promote", "batch_predict"]),
    default="train_and_promote",
    show_default=True,
    help="Which one goes into --output.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it. Default: all of them beside their code, where they are checked in.",
)
@click.option("--image", metavar="REF", help="What the stages run in. Default: the release's.")
def compile_(pipeline: str, output: Path | None, image: str | None) -> None:
    """Write the pipelines as YAML for Kubeflow Pipelines."""
    from components.decorator import TRAIN_IMAGE
    from pipelines import as_yaml

    paths = {name: as_yaml.checked_in(name) for name in as_yaml.PIPELINES}
    for name, path in ({pipeline: output} if output else paths).items():
        as_yaml.write(name, path, image=image or TRAIN_IMAGE)
        click.echo(path)


@main.command()
@click.option("--host", required=True, help="Address of Kubeflow Pipelines' API.")
@click.option("--data", metavar="SOURCE", required=True, help="An https address or s3://….")
@click.option("--experiment", default="secom", show_default=True, help="Where to list the run.")
@options.training
def submit(host: str, data: str, experiment: str, **settings: Any) -> None:  # noqa: ANN401
    """Start the pipeline on a cluster; prints where to watch it."""
    from pipelines import cluster
    from secom_core.config import TrainingConfig

    parameters = {"source": data, **TrainingConfig(**settings).to_json()}
    click.echo(cluster.submit(host, parameters, experiment=experiment))


@main.command()
@options.data
@click.option("--seed", type=int, default=0, show_default=True, help="Of every draw.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".secom/demo"),
    show_default=True,
    help="For all that it leaves; what an earlier one left there is removed first.",
)
def demo(data: str | None, seed: int, folder: Path) -> None:
    """Show the closed loop on this machine: serve, drift, alert, retrain, judge, serve on.

    Some minutes, the longest for two trainings; no cluster, no internet.
    """
    from rich.console import Console

    from pipelines.demo.running import demonstrate
    from pipelines.sources import choose

    # Ended from outside, it ends its programs as it does on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    source = choose(data, os.environ, Console(stderr=True))
    page = demonstrate(source, folder, environ=os.environ, console=Console(), seed=seed)
    click.echo(f"page      {page}")


@main.command()
@options.state
def report(folder: Path) -> None:
    """Open the report on the last run in the browser, or print where it lies in a pipe."""
    from pipelines.state import State
    from secom_core.errors import ConfigError

    page = State(folder).report
    if not page.is_file():
        message = f"there is no report in {folder}. `secom run` writes one."
        raise ConfigError(message)
    click.echo(page)
    if sys.stdout.isatty():
        click.launch(str(page))


@main.command(name="data")
@options.data
def data_(data: str | None) -> None:
    """Load and check the data, and say what is odd about them."""
    from rich.console import Console

    from pipelines.sources import choose
    from pipelines.summary import quality_summary
    from secom_core import dataset
    from secom_core.store import bucket_opener

    source = choose(data, os.environ, Console(stderr=True))
    units = dataset.load(
        source, cache=dataset.user_cache(os.environ), open_bucket=bucket_opener(os.environ)
    )
    click.echo(quality_summary(units))


if __name__ == "__main__":
    main()
