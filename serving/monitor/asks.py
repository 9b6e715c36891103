"""What is asked for, what the answer may be, and what decides it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from serving.monitor.launching import Arguments
from serving.monitor.runs import Run

Word = Literal[
    "started", "duplicate", "running", "cooling_down", "nothing_new", "queued", "ignored"
]
"""What became of a request for a training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """What a training would be fitted and judged on.

    Parameters
    ----------
    address : str
        Where the units lie, as a pipeline's `source`.
    digest : str
        Of the units.
    """

    address: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request for a pipeline run.

    Parameters
    ----------
    source : {"alert", "request", "outcomes"}
    reason : str
        For people.
    keys : tuple of str
        By which it is known when it comes again; without any, it is new each time.
    token, address : str
        Who asks, from where.
    parameters : mapping
        Of the pipeline, beside those that the monitor sets.
    """

    source: str
    reason: str
    keys: tuple[str, ...] = ()
    token: str = ""
    address: str = ""
    parameters: Arguments = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether it waits for Kubeflow: a client that asks is told, and may ask again."""
        return self.source != "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request.

    Parameters
    ----------
    word : str
        One of `Word`.
    run : Run, optional
        The run that it is about.
    wait_seconds : float
        In a cool-down, how long it lasts.
    """

    word: Word
    run: Run | None = None
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When trainings start, and how.

    Parameters
    ----------
    cooldown : timedelta
        From one training to the next, whatever asks for it.
    new_fails : int
        Fails since the last training that are reason enough for one.
    arguments : mapping
        Parameters of every training, beside its data.
    """

    cooldown: timedelta
    new_fails: int
    arguments: Arguments
