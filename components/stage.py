"""What every stage tells of itself: how far it is, and why it failed.

Both go to standard output, one JSON object a line behind `PREFIX`, where a laptop's `secom run`
and a cluster's log reader find them. KFP hands no cause to the caller or to the exit handler, so
a stage also leaves its reason in the object store before it fails.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from secom_core.errors import SecomError
from secom_core.store import Store
from secom_core.store.run_documents import failure_key

PREFIX = "secom-stage "


@contextmanager
def stage(name: str, *, run_id: str) -> Iterator[Callable[[int, int], None]]:
    """Tell how a stage goes; yields a function to call with steps done and steps in all.

    Parameters
    ----------
    name : str
        For people, as in "train forest".
    run_id : str
        Pipeline run that the stage belongs to.
    """

    def progress(done: int, total: int) -> None:
        _tell(stage=name, done=done, total=total)

    _tell(stage=name, state="started")
    try:
        yield progress
    except Exception as exc:
        # A defect has no advice to give, but its type helps whoever reads the log.
        reason = str(exc) if isinstance(exc, SecomError) else f"{type(exc).__name__}: {exc}"
        _tell(stage=name, state="failed", reason=reason)
        _keep(name, reason, run_id=run_id)
        raise
    _tell(stage=name, state="done")


def read_event(line: str) -> dict[str, Any] | None:
    """Return what a line of a stage's output tells, or None for any other line."""
    _, found, text = line.partition(PREFIX)
    if not found:
        return None
    with suppress(ValueError):
        event = json.loads(text)
        if isinstance(event, dict) and "stage" in event:
            return event
    return None


def _tell(**event: str | int) -> None:
    print(PREFIX + json.dumps(event), flush=True)


def _keep(name: str, reason: str, *, run_id: str) -> None:
    # A store that is away may be the very reason; the line on standard output must do then.
    with suppress(SecomError):
        content = json.dumps({"stage": name, "reason": reason}).encode()
        Store.from_environment(os.environ).put(failure_key(run_id), content)
