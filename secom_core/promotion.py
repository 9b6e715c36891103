"""From a verdict to a champion: publish first, point last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secom_core.errors import ConflictError
from secom_core.store import Champion, move_champion, publish_bundle, read_champion

if TYPE_CHECKING:
    from secom_core.bundle import Bundle
    from secom_core.gate import Verdict
    from secom_core.store import Store


def publish(store: Store, challenger: Bundle, verdict: Verdict) -> None:
    """Copy a bundle that the gate let through into the store.

    Raises
    ------
    ConflictError
        If the verdict is on another bundle, or does not promote it.
    StoreError
        If the store is away, refuses or is full.
    """
    _require_promoted(challenger, verdict)
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
    _require_promoted(challenger, verdict)
    current = read_champion(store)
    if current and current.digest == challenger.digest:
        return
    # Where the pointer is lost there is nobody to be overtaken, and the gate says "promote" again.
    if current and current.digest != verdict.champion:
        message = (
            f"the champion is {current.digest[:12]}, and the gate compared "
            f"{challenger.digest[:12]} with {_short(verdict.champion)}. Start a new run."
        )
        raise ConflictError(message)
    champion = Champion(
        digest=challenger.digest,
        run_id=run_id,
        seen_until=challenger.card.seen_until,
        is_synthetic=challenger.is_synthetic,
        holdout_digest=verdict.holdout,
    )
    move_champion(store, champion, replaces=current)


def _require_promoted(challenger: Bundle, verdict: Verdict) -> None:
    if verdict.decision != "promote" or verdict.challenger != challenger.digest:
        message = (
            f"the gate decided '{verdict.decision}' on {verdict.challenger[:12]}, which promotes "
            f"no {challenger.digest[:12]}. Let the gate judge this bundle."
        )
        raise ConflictError(message)


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "nobody"
