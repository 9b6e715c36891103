"""The graphs as the YAML that Kubeflow's UI takes."""

from __future__ import annotations

from pathlib import Path

from kfp import compiler

from pipelines.batch_predict import batch_predict
from pipelines.train_and_promote import train_and_promote

PIPELINES = {"train_and_promote": train_and_promote, "batch_predict": batch_predict}


def checked_in(name: str) -> Path:
    """Return where the snapshot of a graph lies."""
    return Path(__file__).with_name(f"{name}.yaml")


def write(name: str, path: Path) -> None:
    """Compile a graph into `path`."""
    compiler.Compiler().compile(PIPELINES[name], str(path))
