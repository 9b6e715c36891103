"""What starts pipelines for the monitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

TRAINING, BATCH = "train_and_promote", "batch_predict"
"""The pipelines, by the names of their functions."""

State = Literal["running", "succeeded", "failed"]

Arguments = Mapping[str, str | int | float]
"""A pipeline's parameters."""


class Launcher(Protocol):
    """What starts pipelines and says how they go; any call raises `RunError` while it is away."""

    def start(self, pipeline: str, arguments: Arguments, *, name: str) -> str:
        """Start a pipeline under a name that nobody else uses; return the run's id.

        When the answer was lost, the run may go on: `find` says.
        """

    def find(self, name: str) -> str | None:
        """Return the id of the run of that name, if there is one."""

    def state(self, run_id: str) -> State:
        """Say how a run goes."""
