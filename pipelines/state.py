"""The folder that a laptop's runs keep between them, `.secom/` unless told otherwise.

::

    .secom/
    ├── store/         the embedded object store: champion, bundles, ledger
    ├── mlflow.db      runs and registered models
    ├── mlartifacts/   what MLflow keeps of them
    ├── champion/      the serving bundle, as fetched from the store
    ├── report.html    of the last run
    ├── verdict.json   of the last run
    └── runs/          artifacts and log of each run
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from secom_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class State:
    """Where things lie under a state folder."""

    folder: Path

    @property
    def store(self) -> Path:
        """Folder of the embedded object store."""
        return self.folder / "store"

    @property
    def champion(self) -> Path:
        """Bundle of the champion."""
        return self.folder / "champion"

    @property
    def report(self) -> Path:
        """Report on the last run."""
        return self.folder / "report.html"

    @property
    def verdict(self) -> Path:
        """Verdict of the last run."""
        return self.folder / "verdict.json"

    @property
    def runs(self) -> Path:
        """Artifacts and logs."""
        return self.folder / "runs"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out for a while.

        Raises
        ------
        ConfigError
            If another run is in, or the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("a")
        except OSError as exc:
            message = f"cannot write to {self.folder}: {exc.strerror}. Choose another --state."
            raise ConfigError(message) from exc
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                message = (
                    f"another run is using {self.folder}. Wait for it, or choose another --state."
                )
                raise ConfigError(message) from exc
            yield


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file, so that whoever reads it sees the old or the new one."""
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
