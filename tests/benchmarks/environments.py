"""Environments of others' own: their requirements are not ours."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

_SAME = tuple(f"{name}=={version(name)}" for name in ("scikit-learn", "numpy"))
"""MLServer reads the pickle that was written here."""

MLSERVER = ("mlserver==1.7.1", "mlserver-sklearn==1.7.1", *_SAME)
EVIDENTLY = ("evidently==0.7.21", f"pandas=={version('pandas')}")


class NotBuiltError(Exception):
    """The environment could not be built; says why."""


def build(folder: Path, wanted: tuple[str, ...]) -> Path:
    """Return the Python of an environment with what is wanted; builds it the first time."""
    python = folder / "bin" / "python"
    stamp = folder / "built"
    if stamp.is_file() and stamp.read_text() == "\n".join(wanted):
        return python
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _run([str(python), "-m", "pip", "install", "--quiet", *wanted])
    stamp.write_text("\n".join(wanted))
    return python


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as exc:
        message = "installing it took more than five minutes"
        raise NotBuiltError(message) from exc
    if done.returncode:
        raise NotBuiltError(done.stderr.strip().splitlines()[-1])
