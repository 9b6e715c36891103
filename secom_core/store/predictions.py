"""Recorded predictions in the object store: where they lie, and reading them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from secom_core.errors import RecordError
from secom_core.record import FOLDER, Records, heads_from_parquet
from secom_core.store.client import Store

OnDamage = Callable[[str, RecordError], None]
"""Is told the key of an object that cannot be read, and why."""


def prediction_keys(store: Store) -> tuple[str, ...]:
    """Return the keys of all objects with recorded predictions, the oldest first.

    Raises
    ------
    StoreError
        If the store is away or refuses.
    """
    return tuple(key for key in store.list(FOLDER) if key.endswith(".parquet"))


def read_heads(
    store: Store, keys: Iterable[str], *, on_damage: OnDamage
) -> Iterator[tuple[str, Records]]:
    """Read one object after the other, without the readings.

    Parameters
    ----------
    store : Store
    keys : iterable of str
    on_damage : callable
        The object is passed over then: one that is damaged must not hide all the others.

    Yields
    ------
    str
        The key.
    Records
        As if there were no sensors; the same record may be in several objects.

    Raises
    ------
    StoreError
        If the store is away or refuses.
    """
    for key in keys:
        try:
            records = heads_from_parquet(store.get(key))
        except RecordError as exc:
            on_damage(key, exc)
            continue
        yield key, records
