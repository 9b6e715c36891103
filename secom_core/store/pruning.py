"""What of the store may go: old bundles that nobody names, and how old runs ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from secom_core.store.bundles import MANIFEST
from secom_core.store.champion import read_champion
from secom_core.store.client import Found, Store
from secom_core.store.ledger import holdouts, read_ledger

_BUNDLES, _RUNS = "bundles/", "runs/"
_PUBLISHING = timedelta(days=1)
"""A folder without a manifest may be a bundle on its way; after that long it is a torso."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was deleted.

    Parameters
    ----------
    bundles : tuple of str
        Digests.
    runs : tuple of str
        Ids of pipeline runs.
    """

    bundles: tuple[str, ...]
    runs: tuple[str, ...]


def kept_bundles(store: Store, *, n_newest: int) -> frozenset[str]:
    """Return the bundles that stay: champion, rollback window, and whatever a ledger names.

    Parameters
    ----------
    store : Store
    n_newest : int
        The rollback window: so many of those that were published last.

    Raises
    ------
    StoreError
        If the store is away or refuses, or what names bundles is damaged.
    """
    champion = read_champion(store)
    named: set[str] = {champion.digest} if champion else set()
    for holdout in holdouts(store):
        for entry in read_ledger(store, holdout)[0]:
            named.update(entry[who] for who in ("challenger", "champion") if entry.get(who))
    complete = {
        digest: _last(files)
        for digest, files in _grouped(store, _BUNDLES).items()
        if _is_complete(files)
    }
    newest = sorted(complete, key=lambda digest: complete[digest], reverse=True)[:n_newest]
    return frozenset(named.union(newest))


def prune(store: Store, *, kept: Collection[str], run_days: int, now: datetime) -> Pruned:
    """Delete bundles that are not kept, and what old runs left; run again, it ends the same.

    Parameters
    ----------
    store : Store
    kept : collection of str
        What `kept_bundles` has returned.
    run_days : int
        How long it stays known how a run ended.
    now : datetime
        With a time zone.

    Raises
    ------
    StoreError
        If the store is away or refuses; then only a part of what may go was deleted.
    """
    bundles = {
        digest: files
        for digest, files in _grouped(store, _BUNDLES).items()
        if digest not in kept and (_is_complete(files) or _last(files) < now - _PUBLISHING)
    }
    runs = {
        run_id: files
        for run_id, files in _grouped(store, _RUNS).items()
        if _last(files) < now - timedelta(days=run_days)
    }
    for files in (*bundles.values(), *runs.values()):
        _remove(store, files)
    return Pruned(bundles=tuple(bundles), runs=tuple(runs))


def _remove(store: Store, files: list[Found]) -> None:
    # Without its manifest a folder is no bundle, so that nobody fetches half of one.
    for found in sorted(files, key=lambda found: not _is_manifest(found)):
        store.remove(found.key)


def _grouped(store: Store, folder: str) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = {}
    for found in store.find(folder):
        groups.setdefault(found.key.split("/")[1], []).append(found)
    return groups


def _is_complete(files: list[Found]) -> bool:
    return any(_is_manifest(found) for found in files)


def _is_manifest(found: Found) -> bool:
    return found.key.endswith(f"/{MANIFEST}")


def _last(files: list[Found]) -> datetime:
    return max(found.written_at for found in files)
