"""Where a bundle came from: beside it, not part of it, since two runs can make the same bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a bundle came from.

    Parameters
    ----------
    digest : str
        The bundle.
    run_id : str
        Pipeline run that made it.
    commit : str
        Git commit of the code; empty where unknown.
    trained_at : str
        ISO 8601 with offset.
    trained_on : str
        Host name of the machine or pod.
    versions : mapping of str to str
        Libraries that took part.
    """

    digest: str
    run_id: str
    commit: str
    trained_at: str
    trained_on: str
    versions: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> Lineage:
        """Build a lineage from what `to_json` gave."""
        return cls(**text)
