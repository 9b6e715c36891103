"""The graphs as the YAML that Kubeflow's UI takes."""

from __future__ import annotations

import re
from pathlib import Path

from kfp import compiler

from components.decorator import TRAIN_IMAGE
from pipelines.batch_predict import batch_predict
from pipelines.train_and_promote import train_and_promote
from secom_core.errors import ConfigError

PIPELINES = {"train_and_promote": train_and_promote, "batch_predict": batch_predict}

_REFERENCE = re.compile(
    r"[a-z0-9][\w.-]*(?::\d+)?(?:/[\w.-]+)*"
    r"(?::(?!latest$)\w[\w.-]{0,127}|(?::\w[\w.-]{0,127})?@sha256:[0-9a-f]{64})"
)


def checked_in(name: str) -> Path:
    """Return where the snapshot of a graph lies."""
    return Path(__file__).with_name(f"{name}.yaml")


def write(name: str, path: Path, *, image: str = TRAIN_IMAGE) -> None:
    """Compile a graph into `path`.

    Parameters
    ----------
    name : str
        One of `PIPELINES`.
    path : Path
        Ends in `.yaml`.
    image : str
        What the stages run in: a repository with a tag or a digest.

    Raises
    ------
    ConfigError
        If `image` names no fixed image: what runs tomorrow must be what was tested today.
    """
    if not _REFERENCE.fullmatch(image):
        message = (
            f"the image must be a repository with a tag other than latest, or with a digest, as in "
            f"registry.example.com/fab/secom-train:0.1.0; got {image!r}."
        )
        raise ConfigError(message)
    compiler.Compiler().compile(PIPELINES[name], str(path))
    # kfp fixes a component's image where it is defined; in the YAML it has a line of its own.
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"image: {TRAIN_IMAGE}\n", f"image: {image}\n"), encoding="utf-8")
