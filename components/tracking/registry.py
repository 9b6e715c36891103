"""The registered model: a version a bundle, and the alias on the one that serves.

What is registered is the bundle's folder, byte for byte. `mlflow.onnx.log_model` would write the
graph anew, and the digest by which everything else knows the bundle would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from components import artifacts
from components.tracking.connection import NAME, connected

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

    from secom_core.bundle import Bundle

ALIAS = "champion"
FLAVOUR = "secom"
MODEL = "model"
"""Folder of a run's artifacts that holds MLmodel and the bundle."""


def move_champion_alias(environ: Mapping[str, str], *, folder: Path, digest: str) -> None:
    """Register a bundle, and let the alias `champion` point to it; nothing else moves the alias.

    Run again, it ends the same: a bundle is registered once.

    Parameters
    ----------
    environ : mapping
        As for `require_reachable`.
    folder : Path
        The bundle as it is published, signature included.
    digest : str
        Its name.

    Raises
    ------
    BundleError
        If the bundle is damaged.
    TrackingError
        If MLflow is away or refuses.
    """
    from secom_core import bundle

    read = bundle.read(folder)
    with connected(environ) as tracker:
        client = tracker.client
        known = client.search_model_versions(f"name = '{NAME}' and tags.bundle = '{digest}'")
        run = known[0].run_id if known else tracker.pipeline_run(read.run_id or digest)
        _log_model(client, read, run=run)
        version = known[0].version if known else _register(client, run=run, digest=digest)
        client.set_registered_model_alias(NAME, ALIAS, version)


def _log_model(client: MlflowClient, read: Bundle, *, run: str) -> None:
    """Log the bundle as it lies on disk, and what MLflow wants to know of it beside it."""
    from mlflow.models import Model

    model = Model(artifact_path=MODEL, run_id=run, signature=_signature(read))
    model.add_flavor(FLAVOUR, bundle=artifacts.BUNDLE, digest=read.digest)
    with TemporaryDirectory() as scratch:
        model.save(f"{scratch}/MLmodel")
        client.log_artifact(run, f"{scratch}/MLmodel", MODEL)
    client.log_artifacts(run, str(read.path), f"{MODEL}/{artifacts.BUNDLE}")


def _signature(read: Bundle) -> ModelSignature:
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    double = np.dtype(np.float64)
    return ModelSignature(
        inputs=Schema([TensorSpec(double, (-1, read.contract.n_sensors), "readings")]),
        outputs=Schema(
            [
                TensorSpec(double, (-1,), "risk"),
                TensorSpec(np.dtype(np.bool_), (-1,), "flagged"),
            ]
        ),
    )


def _register(client: MlflowClient, *, run: str, digest: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(NAME)
    except MlflowException as exc:
        if exc.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{client.get_run(run).info.artifact_uri}/{MODEL}"
    made = client.create_model_version(
        NAME, source, run_id=run, tags={"bundle": digest}, await_creation_for=0
    )
    return str(made.version)
