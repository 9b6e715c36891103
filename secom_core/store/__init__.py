"""The object store: published bundles, the champion pointer, and the ledger of each holdout.

::

    bundles/<digest>/…             written once, its manifest last
    champion.json                  moved by conditional write
    ledger/<holdout digest>.json   appended to by conditional write
"""

from secom_core.store.bundles import bundle_prefix, fetch_bundle, publish_bundle
from secom_core.store.champion import Champion, move_champion, read_champion
from secom_core.store.client import Found, Store, bucket_opener
from secom_core.store.ledger import append_to_ledger, read_ledger
from secom_core.store.settings import Settings

__all__ = [
    "Champion",
    "Found",
    "Settings",
    "Store",
    "append_to_ledger",
    "bucket_opener",
    "bundle_prefix",
    "fetch_bundle",
    "move_champion",
    "publish_bundle",
    "read_champion",
    "read_ledger",
]
