"""`secom run`: the whole main job on this machine, on an embedded store and tracking database."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from components.stage import read_event
from pipelines.embedded import object_store
from pipelines.environment import ONE_THREAD
from pipelines.progress import StageBars
from pipelines.state import State, write_atomically
from secom_core import bundle
from secom_core.errors import RunError
from secom_core.judgement import Judgement
from secom_core.selection import Comparison
from secom_core.store import Store, fetch_bundle, read_champion

if TYPE_CHECKING:
    from secom_core.config import TrainingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a run leaves behind.

    Parameters
    ----------
    comparison : Comparison
    judgement : Judgement
    champion : str, optional
        Digest of the champion after the run; None if there is none.
    report : Path
    challenger : Path
        The challenger's bundle.
    champion_folder : Path, optional
        The champion's bundle.
    log : Path
    """

    comparison: Comparison
    judgement: Judgement
    champion: str | None
    report: Path
    challenger: Path
    champion_folder: Path | None
    log: Path


def run(
    source: str,
    config: TrainingConfig,
    state: State,
    *,
    environ: Mapping[str, str],
    started_at: datetime,
    console: Console,
) -> Finished:
    """Run the graph and leave report, verdict and champion in the state folder.

    Parameters
    ----------
    source : str
        As the graph's parameter.
    config : TrainingConfig
    state : State
    environ : mapping
        Where AWS_ENDPOINT_URL and MLFLOW_TRACKING_URI name a store and a tracking server, they
        are used; otherwise both are embedded.
    started_at : datetime
        Names the folder of the run.
    console : Console
        Shows the progress.

    Raises
    ------
    RunError
        If a stage failed, with its reason.
    SecomError
        If the store cannot be started or another run is using the state folder.
    """
    with state.locked():
        folder = state.runs / started_at.strftime("%Y-%m-%dT%H-%M-%S")
        folder.mkdir(parents=True, exist_ok=True)
        stages = {**environ, **_tracking(state, environ), **ONE_THREAD}
        stages["SECOM_COMMIT"] = environ.get("SECOM_COMMIT") or _commit()
        parameters = {"source": source, **config.to_json()}
        log = folder / "log.txt"
        # Loading Kubeflow Pipelines takes as long as starting the store: side by side.
        with _graph(folder, parameters, stages) as graph, _store(state, environ) as addresses:
            _run_graph(graph, addresses, log, console)
            return _collect(folder, log, state, Store.from_environment({**stages, **addresses}))


@contextmanager
def _store(state: State, environ: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    if environ.get("AWS_ENDPOINT_URL"):
        yield {}
        return
    with object_store(state.store) as addresses:
        yield addresses


def _tracking(state: State, environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get("MLFLOW_TRACKING_URI"):
        return {}
    return {"MLFLOW_TRACKING_URI": f"sqlite:///{state.folder.resolve() / 'mlflow.db'}"}


def _commit() -> str:
    """Ask git which commit this code is; empty where it is not a checkout."""
    git = shutil.which("git")
    if git is None:
        return ""
    here = Path(__file__).parent
    answer = subprocess.run(
        [git, "-C", here, "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


@contextmanager
def _graph(
    folder: Path, parameters: Mapping[str, Any], environ: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Start the graph's process; it waits to be told where the store is."""
    command = [sys.executable, "-u", "-m", "pipelines.here", str(folder), json.dumps(parameters)]
    with (
        subprocess.Popen(
            command,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that one signal ends it with all its stages
        ) as process,
        _ended_with_us(process),
    ):
        yield process


def _run_graph(
    graph: subprocess.Popen[str], addresses: Mapping[str, str], log: Path, console: Console
) -> None:
    """Let the graph begin, and show how it goes until its end."""
    failures: list[dict[str, Any]] = []
    with log.open("w", encoding="utf-8") as kept, StageBars(console) as bars, _ended_with_us(graph):
        _tell(graph, addresses)
        for line in graph.stdout or ():
            kept.write(line)
            event = read_event(line)
            if event:
                bars.show(event)
                failures += [event] if event.get("state") == "failed" else []
    if graph.wait() == 0:
        return
    if failures:
        reason = f"{failures[0]['stage']}: {failures[0]['reason']}"
    else:
        reason = f"the pipeline ended with code {graph.returncode} and gave no reason."
    message = f"{reason}\nThe whole log is in {log}."
    raise RunError(message)


def _tell(graph: subprocess.Popen[str], addresses: Mapping[str, str]) -> None:
    if graph.stdin is None:  # it is a pipe, as _graph asked for
        return
    with suppress(BrokenPipeError):  # why it ended is in what it has written
        graph.stdin.write(json.dumps(dict(addresses)) + "\n")
        graph.stdin.flush()


@contextmanager
def _ended_with_us(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # The session holds every stage; whatever a stage writes appears whole or not at all, so
        # that it may be killed anywhere. Once it has ended, its number may be somebody else's.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        raise


def _collect(folder: Path, log: Path, state: State, store: Store) -> Finished:
    """Take what people want from the artifacts of the run to where they look for it."""
    (artifacts,) = folder.glob("secom-train-and-promote-*")
    judged = (artifacts / "judge" / "verdict").read_bytes()
    write_atomically(state.report, (artifacts / "report" / "page").read_bytes())
    write_atomically(state.verdict, judged)
    compared = (artifacts / "select" / "comparison").read_text(encoding="utf-8")
    champion = read_champion(store)
    if champion:
        _keep_champion(store, champion.digest, state.champion)
    return Finished(
        comparison=Comparison.from_json(json.loads(compared)),
        judgement=Judgement.from_json(json.loads(judged)),
        champion=champion.digest if champion else None,
        report=state.report,
        challenger=artifacts / "select" / "challenger" / "bundle",
        champion_folder=state.champion if champion else None,
        log=log,
    )


def _keep_champion(store: Store, digest: str, folder: Path) -> None:
    """Have the champion's bundle in `folder`, signature and all, whatever lay there before."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".champion-") as scratch:
        fetched = fetch_bundle(store, digest, Path(scratch) / "bundle")
        bundle.read(fetched)
        if folder.exists():
            folder.rename(Path(scratch) / "former")
        fetched.rename(folder)
