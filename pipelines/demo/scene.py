"""What the demonstration works with while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import urllib3
from rich.console import Console

from pipelines.demo.story import Kind, Story
from secom_core.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the demonstration works with while it goes on.

    Parameters
    ----------
    folder : Path
        For whatever is left of it.
    store : Store
    environ : mapping
        Of every program.
    console : Console
    story : Story
    http : PoolManager
    """

    folder: Path
    store: Store
    environ: Mapping[str, str]
    console: Console
    story: Story
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=60))

    def tell(self, kind: Kind, text: str) -> None:
        """Say what has just happened, now and on the page."""
        self.story.tell(kind, text)
        self.console.print(text, style="bold", highlight=False, soft_wrap=True)
