"""Trainings on this machine, for a monitor that has no Kubeflow: `secom run`, a process each."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from secom_core.errors import RunError
from serving.monitor.launching import TRAINING, Arguments, State

_START_SECONDS = 120.0
_POLL_SECONDS = 0.1


class LocalRuns:
    """Runs `train_and_promote` with `kfp.local`; ends with the process that holds it.

    Parameters
    ----------
    folder : Path
        Each run has a state folder of its own in it, under the run's name.
    environ : mapping
        Where store and tracking server are, for all of them.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder, self._environ = folder, environ
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, pipeline: str, arguments: Arguments, *, name: str) -> str:
        """Start a training, and wait until it has a run id.

        Raises
        ------
        RunError
            If the pipeline is another one, or the training ends before it has begun.
        """
        if pipeline != TRAINING:
            message = f"{pipeline} needs Kubeflow Pipelines; `secom predict` does the same here."
            raise RunError(message)
        state = self._folder / name
        state.mkdir(parents=True)
        with (state / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", "run", *_options(arguments, state)],
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        run_id = self._wait_for_id(name, process)
        self._processes[run_id] = process
        return run_id

    def find(self, name: str) -> str | None:
        """Return the id of the run of that name, if it has begun."""
        found = sorted((self._folder / name).glob("runs/*/secom-*"))
        return found[0].name if found else None

    def state(self, run_id: str) -> State:
        """Say how a run goes; one that another process has started has ended with it."""
        process = self._processes.get(run_id)
        code = process.poll() if process else -1
        if code is None:
            return "running"
        return "succeeded" if code == 0 else "failed"

    def close(self) -> None:
        """End what still runs; whatever was finished stays."""
        for process in self._processes.values():
            process.terminate()  # it takes its stages along
        for process in self._processes.values():
            process.wait()

    def _wait_for_id(self, name: str, process: subprocess.Popen[bytes]) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if run_id := self.find(name):
                return run_id
            time.sleep(_POLL_SECONDS)
        process.terminate()
        process.wait()
        said = (self._folder / name / "output.txt").read_text(encoding="utf-8").strip()
        message = f"the training did not start: {said or 'it said nothing'}"
        raise RunError(message)


def _options(arguments: Arguments, state: Path) -> list[str]:
    """Turn the pipeline's parameters into the options of `secom run`."""
    # Nothing is rolled out here, and where the data are is called otherwise.
    names = {"source": "data"}
    return [
        f"--state={state}",
        *(
            f"--{names.get(name, name).replace('_', '-')}={value}"
            for name, value in arguments.items()
            if name != "inference_service"
        ),
    ]
