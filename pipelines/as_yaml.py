"""The graph as the YAML that Kubeflow's UI takes."""

from __future__ import annotations

from pathlib import Path

from kfp import compiler

from pipelines.train_and_promote import train_and_promote

COMPILED = Path(__file__).with_name("train_and_promote.yaml")
"""The snapshot that is checked in."""


def write(path: Path) -> None:
    """Compile the graph into `path`."""
    compiler.Compiler().compile(train_and_promote, str(path))
