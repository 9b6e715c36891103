"""What starts pipelines for the monitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NoReturn, Protocol

from secom_core.errors import RunError

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


class Nobody:
    """Starts nothing, where nobody has said what does: drift and outcomes are watched all the same.

    What is to be kept is kept, for a monitor that is started with more.
    """

    def start(self, pipeline: str, arguments: Arguments, *, name: str) -> str:
        """Raise `RunError`."""
        del pipeline, arguments, name
        self._refuse()

    def find(self, name: str) -> str | None:
        """Raise `RunError`."""
        del name
        self._refuse()

    def state(self, run_id: str) -> State:
        """Raise `RunError`."""
        del run_id
        self._refuse()

    def _refuse(self) -> NoReturn:
        message = (
            "nothing starts pipelines here. Start the monitor with --kubeflow and the address of "
            "Kubeflow Pipelines' API."
        )
        raise RunError(message)
