"""Bundles in the object store: `bundles/<digest>/`, complete once its manifest lies there."""

from __future__ import annotations

import hashlib
from pathlib import Path

from secom_core.errors import BundleError, ObjectNotFoundError, StoreError
from secom_core.store.client import Store

MANIFEST = "manifest.json"
"""Without it a folder is no bundle, so that it is what gets written last."""


def bundle_prefix(digest: str) -> str:
    """Return where the files of a bundle lie in the bucket, with a slash at the end."""
    return f"bundles/{digest}/"


def publish_bundle(store: Store, folder: Path, digest: str) -> None:
    """Copy a bundle and its companions into the store, the manifest last.

    Interrupted, it leaves no manifest and thus no bundle; run again, it ends the same.

    Parameters
    ----------
    store : Store
    folder : Path
        A bundle that `secom_core.bundle.read` has verified.
    digest : str
        Its digest, 64 hex digits.

    Raises
    ------
    BundleError
        If the folder holds another bundle than `digest`.
    StoreError
        If the store is away, refuses or is full.
    """
    manifest = (folder / MANIFEST).read_bytes()
    found = hashlib.sha256(manifest).hexdigest()
    if found != digest:
        message = f"{folder} holds the bundle {found}, not {digest}. Read it again, then publish."
        raise BundleError(message)
    prefix = bundle_prefix(digest)
    for path in sorted(folder.iterdir()):
        if path.name != MANIFEST:
            store.put(prefix + path.name, path.read_bytes())
    store.put(prefix + MANIFEST, manifest)


def fetch_bundle(store: Store, digest: str, folder: Path) -> Path:
    """Copy a bundle out of the store, the manifest last.

    Interrupted, it leaves no manifest and thus no bundle; run again, it ends the same. Verify it
    with `secom_core.bundle.read` before use.

    Parameters
    ----------
    store : Store
    digest : str
        The bundle's digest, 64 hex digits.
    folder : Path
        Made if it is not there; may be a mount point.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    ObjectNotFoundError
        If the store holds no complete bundle of that digest.
    StoreError
        If the store is away or refuses, or something that is not this bundle lies there.
    """
    prefix = bundle_prefix(digest)
    names = {key.removeprefix(prefix) for key in store.list(prefix)}
    if MANIFEST not in names:
        message = (
            f"no bundle at {store.address(prefix)}. Check the digest, or publish the bundle again."
        )
        raise ObjectNotFoundError(message)
    # A name is a path here: one with a slash in it would be written anywhere.
    if foreign := sorted(name for name in names if "/" in name or name.startswith(".")):
        message = (
            f"{store.address(prefix)} holds {', '.join(foreign)}, which belongs to no bundle. "
            "Find out who put it there, and remove it."
        )
        raise StoreError(message)
    listed = store.get(prefix + MANIFEST)
    if (found := hashlib.sha256(listed).hexdigest()) != digest:
        message = (
            f"{store.address(prefix)} holds the bundle {found}: somebody put it under another's "
            "name. Find out who, and publish the right one again."
        )
        raise StoreError(message)
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(names - {MANIFEST}):
        _write(folder / name, store.get(prefix + name))
    _write(folder / MANIFEST, listed)
    return folder


def _write(path: Path, content: bytes) -> None:
    """Replace a file at once, so that nobody reads half of it."""
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(content)
    partial.replace(path)
