"""The journal of pipeline runs: asked for, started, ended; all that is known follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from secom_core.errors import ConflictError, StoreError
from secom_core.store import Store, documents
from secom_core.store.journal import Entry, Journal
from serving.monitor.launching import TRAINING, Arguments

FOLDER = "monitor/runs/"

Ending = Literal["promoted", "kept", "none", "done", "failed", "rolled_back", "abandoned"]
"""A challenger became champion; the champion stayed; there is none, and none was good enough; a
batch is done; a stage failed; the gate said yes and promoting failed; it was never started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is written down before a pipeline is started.

    Parameters
    ----------
    name : str
        Nobody else's: by it the run is found if its start was not witnessed.
    pipeline : str
    arguments : mapping
    keys : tuple of str
        By which the same request is known when it comes again.
    source : {"alert", "request", "outcomes"}
    reason, token, address : str
        For people: why, and who asked from where.
    is_kept : bool
        Whether it is to be started later if that cannot be done now.
    data_digest : str
        Of a training's units; empty for a batch.
    n_fails : int
        Fails that were known by then of units that were scored.
    """

    name: str
    pipeline: str
    arguments: Arguments
    keys: tuple[str, ...]
    source: str
    reason: str
    token: str
    address: str
    is_kept: bool
    data_digest: str = ""
    n_fails: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is known of a pipeline run.

    Parameters
    ----------
    intent : Intent
    asked_at : datetime
        By the store's clock.
    run_id : str
        Empty as long as its start was not witnessed.
    ending : str
        One of `Ending`; empty as long as it goes on.
    why : str
        The reason of a failure.
    ended_at : datetime, optional
        When that was noticed, by the store's clock.
    """

    intent: Intent
    asked_at: datetime
    run_id: str = ""
    ending: str = ""
    why: str = ""
    ended_at: datetime | None = None

    @property
    def is_going(self) -> bool:
        """Whether it may be running."""
        return not self.ending

    @property
    def is_training(self) -> bool:
        """Whether it was started, or may be, to make a challenger."""
        return self.intent.pipeline == TRAINING and self.ending != "abandoned"

    @property
    def status(self) -> str:
        """One word: queued, running, or how it ended."""
        return self.ending or ("running" if self.run_id else "queued")

    def to_json(self) -> dict[str, Any]:
        """Return what a client is told."""
        return {
            "name": self.intent.name,
            "run_id": self.run_id or None,
            "pipeline": self.intent.pipeline,
            "status": self.status,
            "source": self.intent.source,
            "reason": self.intent.reason,
            "arguments": dict(self.intent.arguments),
            "why": self.why or None,
            "asked_at": self.asked_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
        }


class Runs:
    """All runs that a monitor has asked for, oldest first; one thread at a time.

    Parameters
    ----------
    store : Store

    Attributes
    ----------
    is_read : bool
        Whether what is known is more than nothing at all.
    """

    def __init__(self, store: Store) -> None:
        self._journal = Journal(store, FOLDER)
        self._runs: dict[str, Run] = {}
        self._n_read = 0
        self.is_read = False

    def refresh(self) -> tuple[Run, ...]:
        """Read what was written since, whoever wrote it, and return all runs.

        Raises
        ------
        StoreError
            If the store is away, or an entry is not of this version.
        """
        for entry in self._journal.read(after=self._n_read):
            self._take(entry)
            self._n_read = entry.number
        self.is_read = True
        return self.known

    @property
    def known(self) -> tuple[Run, ...]:
        """What was read last; from any thread."""
        return tuple(self._runs.values())

    def intend(self, intent: Intent) -> Run:
        """Write down what is to be started, in view of all that `refresh` has returned.

        Raises
        ------
        ConflictError
            If anybody has written anything since: refresh, and decide anew.
        StoreError
            If the store is away, refuses or is full; then nothing may be started.
        """
        content = {"kind": "intended", **dataclasses.asdict(intent)}
        self._journal.append(documents.to_bytes(content), after=self._n_read)
        self.refresh()
        return self._runs[intent.name]

    def started(self, run: Run, run_id: str) -> Run:
        """Write down that a run was started; raises `StoreError`."""
        return self._note(run, {"kind": "started", "run_id": run_id})

    def ended(self, run: Run, ending: Ending, why: str = "") -> Run:
        """Write down how a run ended; raises `StoreError`."""
        return self._note(run, {"kind": "ended", "ending": ending, "why": why})

    def _note(self, run: Run, fields: dict[str, str]) -> Run:
        content = documents.to_bytes({**fields, "name": run.intent.name})
        while True:
            try:
                self._journal.append(content, after=self._n_read)
            except ConflictError:  # what others note does not change what is noted here
                self.refresh()
                continue
            self.refresh()
            return self._runs[run.intent.name]

    def _take(self, entry: Entry) -> None:
        try:
            fields = documents.from_bytes(entry.content)
            kind, name = fields.pop("kind"), fields["name"]
            self._runs[name] = self._after(kind, name, fields, at=entry.written_at)
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            message = (
                f"entry {entry.number} in {FOLDER} is not of this version "
                f"({type(exc).__name__}: {exc}). Restore it from a backup of the store, or use the "
                "version of the monitor that wrote it."
            )
            raise StoreError(message) from exc

    def _after(self, kind: str, name: str, fields: dict[str, Any], *, at: datetime) -> Run:
        if kind == "intended":
            intent = Intent(**{**fields, "keys": tuple(fields["keys"])})
            return Run(intent=intent, asked_at=at)
        run = self._runs[name]
        if run.ending:  # the first word stands
            return run
        if kind == "started":
            return dataclasses.replace(run, run_id=fields["run_id"])
        if kind == "ended":
            return dataclasses.replace(run, ending=fields["ending"], why=fields["why"], ended_at=at)
        raise ValueError(kind)


def newest_training(runs: Iterable[Run]) -> Run | None:
    """Return the training that was asked for last, if there is one."""
    return next((run for run in reversed(tuple(runs)) if run.is_training), None)
