"""Which data a command on this machine works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from secom_core import dataset

if TYPE_CHECKING:
    from rich.console import Console


def choose(named: str | None, environ: Mapping[str, str], console: Console) -> str:
    """Return a source for the graph; say so loudly if it is the twin that nobody asked for.

    Parameters
    ----------
    named : str, optional
        What the command line names; it is never replaced.
    environ : mapping
        SECOM_DATA and the user's cache folder.
    console : Console
        Shows a download, and the banner.

    Raises
    ------
    SourceError
        If what is named cannot be found.
    """
    if named:
        return dataset.resolve(named)
    bar = Progress(
        TextColumn("downloading SECOM"),
        BarColumn(),
        DownloadColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    task = bar.add_task("download", total=None)
    with bar:
        choice = dataset.resolve_default(
            environ,
            dataset.user_cache(environ),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if choice.notice:
        console.print(Panel(choice.notice, style="bold white on red", title="NOT REAL DATA"))
    return choice.source
