"""What is recorded of scored units, and where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from secom_core.errors import ConfigError
from serving.predictor.ranges import Ranges, require_within

RANGES: Ranges = {
    "max_bytes": (2**20, 2**40),
    "audit_share": (0.0, 1.0),
    "audit_seed": (0, 2**63 - 1),
}
"""Least and greatest value of each setting."""
DEFAULT_MAX_BYTES = 256 * 2**20
DEFAULT_AUDIT_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is recorded of scored units, and where.

    Parameters
    ----------
    folder : Path
        Holds the segments; on a disk of this machine.
    max_bytes : int
        What the folder may hold. Beyond it units are scored all the same, and counted as not
        recorded.
    audit_share : float
        Share of unflagged units that are marked for audit; 0 marks none.
    audit_seed : int
        Which ones: of equal seeds and unit ids come equal marks, on every replica.

    Raises
    ------
    ConfigError
        If a value is outside its range.
    """

    folder: Path
    max_bytes: int = DEFAULT_MAX_BYTES
    audit_share: float = DEFAULT_AUDIT_SHARE
    audit_seed: int = 0

    def __post_init__(self) -> None:
        require_within(RANGES, self)


def open_folder(folder: Path) -> None:
    """Make the folder of segments if it is not there.

    Raises
    ------
    ConfigError
        If that cannot be done, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        message = f"cannot make the folder {folder} for records: {exc.strerror}. Name another one."
        raise ConfigError(message) from exc
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        message = (
            f"cannot write to {folder}, where records are to go: give this user write access, or "
            "name another folder."
        )
        raise ConfigError(message)
