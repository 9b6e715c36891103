"""Measure the predictor and the batch job beside what else there is: `make bench`."""

from __future__ import annotations

import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from secom_core.dataset import user_cache
from tests.benchmarks import bench, load, models, report


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=1, show_default=True, help="A load's.")
@click.option("--batch/--no-batch", "with_batch", default=True, help="Measure `secom predict`.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(".secom/bench.json"),
    show_default=True,
    help="Where every round goes, as JSON.",
)
def main(rounds: int, seconds: int, output: Path, *, with_batch: bool) -> None:
    """Measure the predictor and the batch job beside stock ones; print tables."""
    load.require_wrk()
    start = time.perf_counter()
    cache = user_cache(os.environ)
    units = models.load_units(cache)
    with tempfile.TemporaryDirectory(prefix="secom-bench-") as folder:
        settings = bench.Settings(
            rounds=rounds,
            seconds=seconds,
            with_batch=with_batch,
            cache=cache,
            folder=Path(folder),
            tell=lambda text: click.echo(text, err=True),
        )
        found = bench.run(units, settings)
    took = time.perf_counter() - start
    where = report.machine(units, settings, at=datetime.now(UTC), took=took)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(report.to_json(found, where), indent=1) + "\n")
    click.echo(report.to_markdown(found, where))


if __name__ == "__main__":
    main()
