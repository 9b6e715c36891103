"""The ledger of a holdout: every verdict on it, in order; nothing is ever taken out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from secom_core.errors import ConflictError, ObjectNotFoundError, StoreError
from secom_core.store import documents
from secom_core.store.client import Store

FOLDER = "ledger/"

Entry = Mapping[str, Any]
"""A verdict as JSON has it."""

MAX_TRIES = 20
"""Each costs one judgement, and in each one of the writers succeeds."""


def read_ledger(store: Store, holdout_digest: str) -> tuple[tuple[Entry, ...], str | None]:
    """Return what was judged on a holdout, and the tag of what was read; None if there is nothing.

    Raises
    ------
    StoreError
        If the store is away or refuses, or the ledger is damaged.
    """
    key = _key(holdout_digest)
    try:
        content, etag = store.get_with_etag(key)
    except ObjectNotFoundError:
        return (), None
    try:
        return _parsed(content), etag
    except (TypeError, ValueError) as exc:
        message = (
            f"{store.address(key)} is not a ledger of this version ({exc}). Restore it from a "
            "backup of the store; without it nobody knows how often this holdout has been tried."
        )
        raise StoreError(message) from exc


def holdouts(store: Store) -> tuple[str, ...]:
    """Return the digests of all holdouts that have a ledger; raises `StoreError` as `list` does."""
    keys = store.list(FOLDER)
    return tuple(key.removeprefix(FOLDER).removesuffix(".json") for key in keys)


def append_to_ledger(
    store: Store, holdout_digest: str, judge: Callable[[tuple[Entry, ...]], Entry | None]
) -> None:
    """Judge in view of the ledger, and write the verdict into it.

    Whoever judges at the same time as somebody else judges again in view of the other's verdict:
    two challengers never pass as the first one each.

    Parameters
    ----------
    store : Store
    holdout_digest : str
    judge : callable
        Takes what was judged so far; returns the verdict to add, or None if there is none.

    Raises
    ------
    ConflictError
        If others kept writing first.
    StoreError
        If the store is away, refuses or is full.
    """
    for _ in range(MAX_TRIES):
        entries, etag = read_ledger(store, holdout_digest)
        entry = judge(entries)
        if entry is None:
            return
        try:
            store.put_if(_key(holdout_digest), documents.to_bytes([*entries, entry]), etag=etag)
        except ConflictError:
            continue
        return
    message = (
        f"{MAX_TRIES} other verdicts were written to {store.address(_key(holdout_digest))} in the "
        "meantime. Start fewer runs at once, and try again."
    )
    raise ConflictError(message)


def _parsed(content: bytes) -> tuple[Entry, ...]:
    entries = documents.from_bytes(content)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = "expected a list of verdicts"
        raise TypeError(message)
    return tuple(entries)


def _key(holdout_digest: str) -> str:
    return f"{FOLDER}{holdout_digest}.json"
