"""The monitor, put together for where it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from secom_core import dataset
from secom_core.config import TrainingConfig
from secom_core.dataset import uci
from secom_core.store import Store, bucket_opener
from serving.monitor.asks import Policy
from serving.monitor.exposition import Exposition
from serving.monitor.launching import Launcher
from serving.monitor.outcome_book import OutcomeBook
from serving.monitor.round import Round
from serving.monitor.server import Parts
from serving.monitor.snapshots import Snapshots
from serving.monitor.state import Latest
from serving.monitor.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What whoever starts a monitor chooses.

    Parameters
    ----------
    source : str, optional
        The original data; UCI's if None.
    inference_service : str
        Which one a promotion rolls out; empty where there is none.
    window_units : int
        Units of a window of drift.
    cooldown : timedelta
        From one training to the next.
    new_fails : int
        Fails since the last training that are reason enough for one.
    config : TrainingConfig
        Of trainings.
    """

    source: str | None
    inference_service: str
    window_units: int
    cooldown: timedelta
    new_fails: int
    config: TrainingConfig


def assemble(
    choices: Choices, environ: Mapping[str, str], *, launcher: Launcher, scratch: Path
) -> Parts:
    """Put a monitor together.

    Parameters
    ----------
    choices : Choices
    environ : mapping
        Tokens, and the settings of the object store.
    launcher : Launcher
        What starts pipelines.
    scratch : Path
        A folder of its own.

    Raises
    ------
    ConfigError
        If a variable is missing or malformed.
    """
    tokens = Tokens.from_environment(environ)
    store, latest = Store.from_environment(environ), Latest()
    book = OutcomeBook(store)
    rounds = Round(store, book, scratch=scratch, window_units=choices.window_units)
    return Parts(
        store=store,
        book=book,
        rounds=rounds,
        latest=latest,
        collectors=(Exposition(latest, rounds.cycles),),
        launcher=launcher,
        data=Snapshots(
            store,
            choices.source or uci.ADDRESS,
            cache=dataset.user_cache(environ),
            open_bucket=bucket_opener(environ),
            book=book,
        ),
        policy=Policy(
            cooldown=choices.cooldown,
            new_fails=choices.new_fails,
            arguments=_arguments(choices),
        ),
        config=choices.config,
        tokens=tokens,
    )


def _arguments(choices: Choices) -> dict[str, str | int | float]:
    return {**choices.config.to_json(), "inference_service": choices.inference_service}
