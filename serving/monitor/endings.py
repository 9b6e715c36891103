"""How a run of the pipelines ended: Kubeflow's word, and what the stages left in the store."""

from __future__ import annotations

from typing import Any

from secom_core.errors import ObjectNotFoundError, StoreError
from secom_core.store import Store, documents
from secom_core.store.run_documents import failure_key, outcome_key, verdict_key
from serving.monitor.launching import State
from serving.monitor.runs import Ending

_DECISIONS: dict[str, Ending] = {"promote": "promoted", "keep": "kept", "none": "none"}


def ending_of(store: Store, run_id: str, state: State) -> tuple[Ending, str]:
    """Tell how a run ended, and why if a stage failed or the gate said no.

    Parameters
    ----------
    store : Store
    run_id : str
    state : {"succeeded", "failed"}
        What Kubeflow says.

    Raises
    ------
    StoreError
        If the store is away, or what lies there is not of this version.
    """
    # A run whose exit handler succeeds may pass for a success, whatever its stages did.
    if state == "failed" or _read(store, outcome_key(run_id)).get("state") == "FAILED":
        failure = _read(store, failure_key(run_id))
        ending: Ending = "rolled_back" if failure.get("stage") == "promote" else "failed"
        return ending, str(failure.get("reason", "no stage left a reason; see its logs"))
    verdict = _read(store, verdict_key(run_id))
    # A batch has no verdict.
    return _DECISIONS.get(verdict.get("decision", ""), "done"), " ".join(verdict.get("reasons", ()))


def _read(store: Store, key: str) -> dict[str, Any]:
    try:
        found = documents.from_bytes(store.get(key))
    except ObjectNotFoundError:
        return {}
    except ValueError as exc:
        raise StoreError(_damaged(store, key)) from exc
    if not isinstance(found, dict):
        raise StoreError(_damaged(store, key))
    return found


def _damaged(store: Store, key: str) -> str:
    return f"{store.address(key)} is no JSON object. Find out who put it there, and remove it."
