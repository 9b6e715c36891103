"""The demonstration: a first champion, then the line's later months under the monitor's eyes."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from pipelines import run as runner
from pipelines.demo.page import render
from pipelines.demo.replaying import ORIGINAL, replay
from pipelines.demo.scene import Scene
from pipelines.demo.story import Story
from pipelines.embedded import object_store
from pipelines.state import State, write_atomically
from secom_core import bundle, dataset, promotion
from secom_core.bundle import Bundle
from secom_core.config import TrainingConfig
from secom_core.dataset import Units
from secom_core.errors import ConfigError
from secom_core.store import Store, publish_bundle
from serving.monitor.tokens import ALERTS_TOKEN, MONITOR_TOKEN

KNOWN = 0.4
"""Share of the units that the first champion may know of."""

_N_SHIFTED = 5
_SIGN = ".secom-demo"


def demonstrate(
    source: str, folder: Path, *, environ: Mapping[str, str], console: Console, seed: int = 0
) -> Path:
    """Show the closed loop, and return the page that tells of it.

    Parameters
    ----------
    source : str
        Where units come from, as `secom run` takes it; no bucket.
    folder : Path
        Emptied first, if an earlier demonstration has left it; anything else there is refused.
    environ : mapping
    console : Console
        Shows what happens.
    seed : int, default=0

    Raises
    ------
    ConfigError
        If the folder holds something else.
    SecomError
        If a program does not start, or does not do what it should.
    """
    empty(folder)
    with object_store(folder / "store") as addresses:
        told = {
            **environ,
            **addresses,
            **{name: secrets.token_hex(16) for name in (MONITOR_TOKEN, ALERTS_TOKEN)},
            "MLFLOW_TRACKING_URI": f"sqlite:///{(folder / 'mlflow.db').resolve()}",
        }
        store = Store.from_environment(told)
        units = dataset.load(source, cache=dataset.user_cache(environ), open_bucket=lambda _: store)
        story = Story(is_synthetic=units.is_synthetic)
        scene = Scene(folder=folder, store=store, environ=told, console=console, story=story)
        champion = _first_champion(scene, source, seed=seed)
        known = units.earliest(KNOWN)
        _keep_original(scene, known)
        replay(scene, champion, units, start=len(known), shifted=_watched(champion, known))
        page = folder / "demo.html"
        write_atomically(page, render(story).encode())
        return page


def empty(folder: Path) -> None:
    """Have a folder empty but for the sign by which the next demonstration may empty it again.

    Raises
    ------
    ConfigError
        If it holds what no demonstration has left.
    """
    sign = folder / _SIGN
    if folder.exists() and not sign.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        message = (
            f"{folder} holds something that no demonstration has left, and a demonstration empties "
            "its folder first. Name another one with --folder."
        )
        raise ConfigError(message)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    sign.touch()


def _first_champion(scene: Scene, source: str, *, seed: int) -> Bundle:
    """Train on what is known; where the gate lets nobody through, crown by hand and say so."""
    scene.console.print(f"Training a first champion on the first {KNOWN:.0%} of the units")
    finished = runner.run(
        source,
        TrainingConfig(search="quick", seed=seed, until=KNOWN),
        State(scene.folder / "first"),
        environ=scene.environ,
        started_at=datetime.now(UTC),
        console=scene.console,
    )
    verdict = finished.judgement.verdict
    if finished.champion_folder:
        champion = bundle.read(finished.champion_folder)
        scene.tell("champion", f"The gate let {champion.digest[:12]} through: it is champion.")
        return champion
    champion = bundle.read(finished.challenger)
    publish_bundle(scene.store, champion.path, champion.digest)
    promotion.reinstate(scene.store, champion)
    scene.tell(
        "champion",
        f"The gate said no: {' '.join(verdict.reasons[1:])} So that there is something to watch, "
        f"{champion.digest[:12]} is made champion by hand, as an operator can.",
    )
    return champion


def _watched(champion: Bundle, known: Units) -> tuple[int, ...]:
    """Return the sensors that will drift: of those that the champion reads, the best measured."""
    read = np.array(champion.sensors_read)
    missing = np.isnan(known.readings[:, read]).mean(axis=0)
    return tuple(int(column) for column in read[np.argsort(missing, kind="stable")[:_N_SHIFTED]])


def _keep_original(scene: Scene, known: Units) -> None:
    """Put what the first champion knew where later trainings take it from."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "units.parquet"
        dataset.write_units(known, path)
        scene.store.put(f"{ORIGINAL}/units.parquet", path.read_bytes())
