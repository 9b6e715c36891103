"""The form in which deliveries are kept, one an entry of the journal: the record for an audit."""

from __future__ import annotations

import json
from collections.abc import Iterable

from secom_core.errors import OutcomeError
from secom_core.outcomes.outcome import Outcome

JOURNAL = "monitor/outcomes/"
"""Folder of the journal in the object store."""


def to_bytes(outcomes: Iterable[Outcome], *, sender: str) -> bytes:
    """Return a delivery as it is kept.

    Parameters
    ----------
    outcomes : iterable of Outcome
        Those that were accepted.
    sender : str
        Who sent it, for whoever finds that labels were tampered with.
    """
    fields = {"sender": sender, "outcomes": [outcome.to_json() for outcome in outcomes]}
    return json.dumps(fields).encode()


def from_bytes(content: bytes) -> tuple[Outcome, ...]:
    """Read the outcomes of what `to_bytes` gave.

    Raises
    ------
    OutcomeError
        If it is nothing of that kind.
    """
    try:
        return tuple(Outcome.from_json(fields) for fields in json.loads(content)["outcomes"])
    except (OutcomeError, ValueError, TypeError, KeyError, RecursionError) as exc:
        message = (
            f"these {len(content)} bytes are no delivery of outcomes of this version ({exc}). "
            "Restore the journal from a backup of the store."
        )
        raise OutcomeError(message) from exc
