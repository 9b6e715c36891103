"""What the gate decided and how a run ended, as the object store keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from secom_core.errors import ObjectNotFoundError
from secom_core.gate import Verdict
from secom_core.store import Store
from secom_core.store.run_documents import failure_key, outcome_key, verdict_key


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


def keep_verdict(store: Store, *, run_id: str, verdict: Verdict) -> None:
    """Write down what the gate decided, for whoever follows the run from outside.

    Raises
    ------
    StoreError
        If the store is away.
    """
    told = {"decision": verdict.decision, "reasons": verdict.reasons}
    store.put(verdict_key(run_id), json.dumps(told).encode())


def _failure(store: Store, run_id: str) -> dict[str, str]:
    try:
        failure: dict[str, str] = json.loads(store.get(failure_key(run_id)))
    except ObjectNotFoundError:
        return {}
    return failure
