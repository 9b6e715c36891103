"""Runs in MLflow: one for a run of the pipeline, and in it one for each family."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import artifacts
from components.tracking.connection import PARENT, RUN_ID, connected

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

    from components.tracking.connection import Tracker
    from secom_core.bundle import Bundle

_MAX_DIGEST = 36
"""MLflow's limit for the digest of a dataset; a tag holds all of it."""


def log_contenders(
    environ: Mapping[str, str], *, run_id: str, folders: Sequence[str], chosen: str
) -> None:
    """Log every family of a run; called again, it replaces what it logged.

    Parameters
    ----------
    environ : mapping
        As for `require_reachable`.
    run_id : str
        The run of the pipeline.
    folders : sequence of str
        A contender's bundle and evidence in each.
    chosen : str
        The challenger's folder.

    Raises
    ------
    BundleError
        If a bundle is damaged.
    TrackingError
        If MLflow is away or refuses.
    """
    from secom_core import bundle

    with connected(environ) as tracker:
        parent = tracker.pipeline_run(run_id)
        for run in tracker.runs_of(run_id):
            if PARENT in run.data.tags:
                tracker.client.delete_run(run.info.run_id)
        for folder in folders:
            read = bundle.read(Path(folder) / artifacts.BUNDLE)
            evidence = artifacts.read_json(f"{folder}/{artifacts.EVIDENCE}")
            tags = _tags(read)
            _log_family(tracker, read, evidence, tags={**tags, RUN_ID: run_id, PARENT: parent})
            if folder == chosen:
                for name, value in tags.items():
                    tracker.client.set_tag(parent, name, value)


def end_run(environ: Mapping[str, str], *, run_id: str, succeeded: bool, reason: str) -> None:
    """Write down how a run ended, also one that failed before anything was logged.

    Parameters
    ----------
    environ : mapping
        As for `require_reachable`.
    run_id : str
        The run of the pipeline.
    succeeded : bool
        Whether all stages did; a "no" of the gate is a success.
    reason : str
        What a reader of the run should know: the verdict, or why it failed.

    Raises
    ------
    TrackingError
        If MLflow is away or refuses.
    """
    with connected(environ) as tracker:
        ended = tracker.pipeline_run(run_id)
        tracker.client.set_tag(ended, "mlflow.note.content", reason)
        tracker.client.set_terminated(ended, status="FINISHED" if succeeded else "FAILED")


def _tags(read: Bundle) -> dict[str, str]:
    return {
        "family": read.card.family,
        "bundle": read.digest,
        "data": "synthetic" if read.is_synthetic else "real",
        "data_digest": read.data_digest,
    }


def _log_family(
    tracker: Tracker, read: Bundle, evidence: Mapping[str, Any], *, tags: Mapping[str, str]
) -> None:
    from mlflow.entities import Metric, Param

    card, client = read.card, tracker.client
    run = client.create_run(tracker.experiment, run_name=card.family, tags=tags).info
    figures = {"fit_seconds": sum(evidence["fit_seconds"])}
    for name, (value, low, high) in card.figures.items():
        figures |= {name: value, f"{name}_low": low, f"{name}_high": high}
    parameters = {**card.params, "seed": str(card.seed)}
    client.log_batch(
        run.run_id,
        metrics=[Metric(name, value, run.start_time, 0) for name, value in figures.items()],
        params=[Param(name, value) for name, value in parameters.items()],
    )
    client.log_inputs(run.run_id, [_dataset(read)])
    client.log_artifacts(run.run_id, str(read.path), artifacts.BUNDLE)
    client.set_terminated(run.run_id)


def _dataset(read: Bundle) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset(
        name="secom, synthetic twin" if read.is_synthetic else "secom",
        digest=read.data_digest[:_MAX_DIGEST],
        source_type="code",
        source=json.dumps({"tags": {"data_digest": read.data_digest}}),
        profile=json.dumps({"units": read.card.n_units, "fails": read.card.n_fails}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
