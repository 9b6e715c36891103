"""The champion pointer: which of the published bundles serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from secom_core.errors import ConflictError, ObjectNotFoundError, StoreError
from secom_core.store import documents
from secom_core.store.client import Store

KEY = "champion.json"
_TYPES = {
    "digest": str,
    "run_id": str,
    "seen_until": str,
    "is_synthetic": bool,
    "holdout_digest": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """What the store says of the serving bundle.

    Parameters
    ----------
    digest : str
        The bundle's name.
    run_id : str
        Pipeline run that promoted it.
    seen_until : str
        ISO 8601 local time of the line: the last unit that fitted, calibrated or set anything.
    is_synthetic : bool
        Whether it was made from the twin; then any real challenger may replace it.
    holdout_digest : str
        Names the units on which the gate judged it.
    """

    digest: str
    run_id: str
    seen_until: str
    is_synthetic: bool
    holdout_digest: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        if {name: type(value) for name, value in fields.items()} != _TYPES:
            message = f"expected {', '.join(_TYPES)}"
            raise TypeError(message)
        return cls(**fields)


def read_champion(store: Store) -> Champion | None:
    """Return the champion, or None if there has never been one.

    Raises
    ------
    StoreError
        If the store is away or refuses, or the pointer is damaged.
    """
    return _read(store)[0]


def move_champion(store: Store, champion: Champion, *, replaces: Champion | None) -> None:
    """Point to another champion; publish its bundle first.

    Run again, it ends the same.

    Parameters
    ----------
    store : Store
    champion : Champion
    replaces : Champion or None
        The champion that the gate compared it with; None if there was none.

    Raises
    ------
    ConflictError
        If another champion has come since.
    StoreError
        If the store is away, refuses or is full; the champion is untouched then.
    """
    current, etag = _read(store)
    if current == champion:
        return
    if current != replaces:
        message = (
            f"the champion is {_name(current)}, not {_name(replaces)} which the gate compared "
            f"{champion.digest[:12]} with. Judge it against the present champion."
        )
        raise ConflictError(message)
    store.put_if(KEY, documents.to_bytes(champion.to_json()), etag=etag)


def _read(store: Store) -> tuple[Champion | None, str | None]:
    try:
        content, etag = store.get_with_etag(KEY)
    except ObjectNotFoundError:
        return None, None
    try:
        return Champion.from_json(documents.from_bytes(content)), etag
    except (AttributeError, TypeError, ValueError) as exc:
        message = (
            f"{store.address(KEY)} is not a champion pointer of this version ({exc}). "
            "Restore it from a backup of the store, or move it away to begin without a champion."
        )
        raise StoreError(message) from exc


def _name(champion: Champion | None) -> str:
    return champion.digest[:12] if champion else "nobody"
