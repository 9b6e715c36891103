"""A hold: while it lies in the store, the champion stays, as during a tool's qualification."""

from __future__ import annotations

from datetime import datetime

from secom_core.errors import ConflictError, HoldError, ObjectNotFoundError, StoreError
from secom_core.store import documents
from secom_core.store.client import Store

KEY = "hold.json"


def hold(store: Store, *, reason: str, at: datetime) -> None:
    """Freeze the champion; for the same reason again, it changes nothing.

    Parameters
    ----------
    store : Store
    reason : str
        For whoever wants to promote, and is refused.
    at : datetime
        Now.

    Raises
    ------
    ConflictError
        If it is frozen for another reason, and thus perhaps by somebody else.
    StoreError
        If the store is away, refuses or is full.
    """
    found = _read(store)
    if found is None:
        content = {"reason": reason, "since": at.isoformat(timespec="seconds")}
        store.put_if(KEY, documents.to_bytes(content), etag=None)
    elif found["reason"] != reason:
        message = f"the champion is {_described(found)}. Agree with whoever did that."
        raise ConflictError(message)


def release(store: Store) -> None:
    """Let promotions through again; where there is no hold, there is nothing to do.

    Raises
    ------
    StoreError
        If the store is away or refuses.
    """
    store.remove(KEY)


def require_no_hold(store: Store) -> None:
    """Refuse to go on while the champion is frozen.

    Raises
    ------
    HoldError
        If it is; says since when and why.
    StoreError
        If the store is away or refuses, or the hold is damaged.
    """
    if found := _read(store):
        message = (
            f"the champion is {_described(found)}. `secom release` lets promotions through again; "
            "then promote anew."
        )
        raise HoldError(message)


def _described(found: dict[str, str]) -> str:
    return f"on hold since {found['since']}: {found['reason']}"


def _read(store: Store) -> dict[str, str] | None:
    try:
        found = documents.from_bytes(store.get(KEY))
        return {"reason": str(found["reason"]), "since": str(found["since"])}
    except ObjectNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as exc:
        # Whoever wrote it wanted the champion to stay.
        message = f"{store.address(KEY)} is no hold of this version. `secom release` removes it."
        raise StoreError(message) from exc
