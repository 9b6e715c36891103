"""Units that wait for a window to fill: known by where they lie, and read again after a restart."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from secom_core.record import Records, concatenate
from secom_core.store import Store
from serving.monitor.predictions import read_object, set_aside

Waiting = tuple[tuple[str, int], ...]
"""Object, and row in it."""


def read_waiting(store: Store, waiting: Waiting) -> tuple[Waiting, Records]:
    """Read the units that wait; those that are gone wait no more, which is logged.

    Returns
    -------
    waiting : Waiting
        Those that are there.
    records : Records
        The same, in their order.

    Raises
    ------
    StoreError
        If the store is away or refuses.
    """
    parts: list[Records] = []
    found: list[tuple[str, int]] = []
    for key, pairs in groupby(waiting, key=lambda each: each[0]):
        rows = [row for _, row in pairs]
        records = read_object(store, key)
        if records is None or max(rows) >= len(records):
            set_aside(key, f"units {rows} of it waited for a window, and are gone")
            continue
        parts.append(records.take(np.array(rows)))
        found += [(key, row) for row in rows]
    return tuple(found), concatenate(parts)
