"""The object store: published bundles, the champion pointer, and the ledger of each holdout.

::

    bundles/<digest>/…             written once, its manifest last
    champion.json                  moved by conditional write
    hold.json                      while it lies there, nobody may move the champion by a promotion
    ledger/<holdout digest>.json   appended to by conditional write
    runs/<run id>/…                what the gate decided, and how each run ended
    monitor/…/<number>.json        journals: appended to by creating the next number
    monitor/lease.json             renewed by the monitor that acts
"""

from secom_core.store.bundles import bundle_prefix, fetch_bundle, publish_bundle
from secom_core.store.champion import Champion, move_champion, read_champion
from secom_core.store.client import Found, Store, bucket_opener
from secom_core.store.hold import hold, release, require_no_hold
from secom_core.store.journal import Journal
from secom_core.store.ledger import append_to_ledger, holdouts, read_ledger
from secom_core.store.pruning import Pruned, kept_bundles, prune
from secom_core.store.settings import Settings

__all__ = [
    "Champion",
    "Found",
    "Journal",
    "Pruned",
    "Settings",
    "Store",
    "append_to_ledger",
    "bucket_opener",
    "bundle_prefix",
    "fetch_bundle",
    "hold",
    "holdouts",
    "kept_bundles",
    "move_champion",
    "prune",
    "publish_bundle",
    "read_champion",
    "read_ledger",
    "release",
    "require_no_hold",
]
