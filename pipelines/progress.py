"""Show how the stages of a run go: bars on a terminal, nothing in a pipe."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


class StageBars:
    """A bar a stage, moved by the events that stages tell.

    Parameters
    ----------
    console : Console
        Where to draw; if it is no terminal, nothing is drawn.
    """

    def __init__(self, console: Console) -> None:
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Move the bar of the stage that an event is about."""
        name = event["stage"]
        if name not in self._bars:
            self._bars[name] = self._progress.add_task(name, total=None)
        bar = self._bars[name]
        if "total" in event:
            self._progress.update(bar, completed=event["done"], total=event["total"])
        elif event.get("state") == "done":
            total = self._progress.tasks[bar].total or 1
            self._progress.update(bar, completed=total, total=total)
