"""Run the graph on this machine with `kfp.local`, a process a stage.

`secom run` starts this as a process of its own, in a session of its own, so that one signal ends
it with all its stages. The first line of its standard input is what `secom run` has to add to its
environment; the input ends when `secom run` does, however that happens.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from pathlib import Path
from threading import Thread

from kfp import local

from pipelines.train_and_promote import train_and_promote


def main(root: str, parameters: str) -> int:
    """Run the graph; stages tell on standard output how they go.

    Parameters
    ----------
    root : str
        Folder for artifacts.
    parameters : str
        The graph's parameters, JSON.

    Returns
    -------
    int
        Exit code: 0 unless a stage failed.
    """
    told = sys.stdin.readline()
    if not told:
        return 1  # whoever started this is gone
    os.environ.update(json.loads(told))
    Thread(target=_end_with_our_parent, daemon=True).start()
    # Stages run in the environment that installed this project, whatever image they name.
    warnings.filterwarnings("ignore", message=".*custom or non-Python base image")
    warnings.filterwarnings("ignore", message=".*have no effect in the current local runner")
    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=root,
        workspace_root=str(Path(root) / "workspace"),
        raise_on_error=True,
    )
    try:
        train_and_promote(**json.loads(parameters))
    except RuntimeError as exc:
        print(exc)
        return 1
    return 0


def _end_with_our_parent() -> None:
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
