"""How a run ended, as the object store keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from components.stage import failure_key
from secom_core.errors import ObjectNotFoundError
from secom_core.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    Parameters
    ----------
    state : str
        KFP's word: SUCCEEDED on a laptop, COMPLETE on a cluster, FAILED on both.
    stage, reason : str
        Which stage failed, and why; empty where none did or nobody knows.
    """

    state: str
    stage: str = ""
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether every stage did its work; a gate that says no is a success."""
        return self.state in ("SUCCEEDED", "COMPLETE")


def keep(store: Store, *, run_id: str, state: str) -> Outcome:
    """Write down how a run ended, with the reason that its failed stage left.

    Raises
    ------
    StoreError
        If the store is away.
    """
    outcome = Outcome(state=state, **_failure(store, run_id))
    store.put(outcome_key(run_id), json.dumps(asdict(outcome)).encode())
    return outcome


def outcome_key(run_id: str) -> str:
    """Where the outcome of a run lies in the object store."""
    return f"runs/{run_id}/outcome.json"


def _failure(store: Store, run_id: str) -> dict[str, str]:
    try:
        failure: dict[str, str] = json.loads(store.get(failure_key(run_id)))
    except ObjectNotFoundError:
        return {}
    return failure
