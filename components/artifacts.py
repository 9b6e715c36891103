"""How artifacts lie on disk between stages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from secom_core.config import TrainingConfig
    from secom_core.evidence import Evidence

BUNDLE = "bundle"
EVIDENCE = "evidence.json"
"""What the folder of a contender holds: its bundle, and what development says of it."""


def write_json(path: str, value: object) -> None:
    """Write one JSON value."""
    Path(path).write_text(json.dumps(value), encoding="utf-8")


def read_json(path: str) -> Any:  # noqa: ANN401 - a value of JSON is of any type
    """Read one JSON value."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_settings(path: str) -> TrainingConfig:
    """Read what a run may vary."""
    from secom_core.config import TrainingConfig

    return TrainingConfig.from_json(read_json(path))


def read_evidence(folders: Sequence[str]) -> dict[str, Evidence]:
    """Read the evidence in each contender's folder; return it by folder."""
    from secom_core.evidence import Evidence

    return {folder: Evidence.from_json(read_json(f"{folder}/{EVIDENCE}")) for folder in folders}
