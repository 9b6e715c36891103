"""From a verdict to a champion: publish first, point last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secom_core.errors import ConflictError
from secom_core.store import (
    Champion,
    holdouts,
    move_champion,
    publish_bundle,
    read_champion,
    read_ledger,
)

if TYPE_CHECKING:
    from secom_core.bundle import Bundle
    from secom_core.gate import Verdict
    from secom_core.store import Store


def publish(store: Store, challenger: Bundle, verdict: Verdict) -> None:
    """Copy a bundle that the gate let through into the store.

    Raises
    ------
    ConflictError
        If the verdict is on another bundle, or does not promote it; or if the champion is another
        than the one that the gate compared it with.
    StoreError
        If the store is away, refuses or is full.
    """
    _require_not_overtaken(store, challenger, verdict)
    publish_bundle(store, challenger.path, challenger.digest)


def crown(store: Store, challenger: Bundle, verdict: Verdict, *, run_id: str) -> None:
    """Point to a published bundle as champion; run again, it ends the same.

    Raises
    ------
    ConflictError
        If the verdict is on another bundle, or does not promote it; or if the champion is another
        than the one that the gate compared it with.
    StoreError
        If the store is away, refuses or is full; the champion is untouched then.
    """
    current = _require_not_overtaken(store, challenger, verdict)
    if current and current.digest == challenger.digest:
        return
    champion = Champion(
        digest=challenger.digest,
        run_id=run_id,
        seen_until=challenger.card.seen_until,
        is_synthetic=challenger.is_synthetic,
        holdout_digest=verdict.holdout,
    )
    move_champion(store, champion, replaces=current)


def _require_not_overtaken(store: Store, challenger: Bundle, verdict: Verdict) -> Champion | None:
    """Return the present champion if the verdict still lets the challenger follow it.

    Raises
    ------
    ConflictError
        If the verdict is on another bundle, or does not promote it; or if the champion is another
        than the one that the gate compared it with.
    StoreError
        If the store is away or refuses.
    """
    _require_promoted(challenger, verdict)
    current = read_champion(store)
    # Where the pointer is lost there is nobody to be overtaken, and the gate says "promote" again.
    if current and current.digest not in {challenger.digest, verdict.champion}:
        message = (
            f"the champion is {current.digest[:12]}, and the gate compared "
            f"{challenger.digest[:12]} with {_short(verdict.champion)}. Start a new run."
        )
        raise ConflictError(message)
    return current


def reinstate(store: Store, published: Bundle) -> None:
    """Point to a bundle that was published earlier, whatever the champion is now.

    Raises
    ------
    ConflictError
        If another champion comes at the same moment.
    StoreError
        If the store is away, refuses or is full; the champion is untouched then.
    """
    current = read_champion(store)
    if current and current.digest == published.digest:
        return
    champion = Champion(
        digest=published.digest,
        run_id=published.run_id,
        seen_until=published.card.seen_until,
        is_synthetic=published.is_synthetic,
        holdout_digest=_judged_on(store, published.digest),
    )
    move_champion(store, champion, replaces=current)


def _judged_on(store: Store, digest: str) -> str:
    """Return the holdout whose verdict promoted a bundle; empty if it came another way."""
    for holdout in holdouts(store):
        for entry in read_ledger(store, holdout)[0]:
            if (entry.get("challenger"), entry.get("decision")) == (digest, "promote"):
                return holdout
    return ""


def _require_promoted(challenger: Bundle, verdict: Verdict) -> None:
    if verdict.decision != "promote" or verdict.challenger != challenger.digest:
        message = (
            f"the gate decided '{verdict.decision}' on {verdict.challenger[:12]}, which promotes "
            f"no {challenger.digest[:12]}. Let the gate judge this bundle."
        )
        raise ConflictError(message)


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "nobody"
