"""Which bundle `secom serve` serves."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from secom_core import bundle
from secom_core.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.state import State
    from secom_core.bundle import Bundle


@contextmanager
def open_bundle(named: str | None, state: State, environ: Mapping[str, str]) -> Iterator[Bundle]:
    """Read and verify the bundle to serve.

    Parameters
    ----------
    named : str, optional
        A folder, or s3://bucket/bundles/digest. None: the champion in the state folder.
    state : State
    environ : mapping
        SECOM_VERIFY_KEY, and the settings of the object store.

    Raises
    ------
    ConfigError
        If there is no champion, or the address is none.
    BundleError
        If the bundle is missing, damaged or not trusted.
    StoreError
        If the object store is away or refuses.
    """
    if named and named.startswith("s3://"):
        with tempfile.TemporaryDirectory(prefix="secom-bundle-") as scratch:
            yield fetch(named, Path(scratch) / "bundle", environ)
        return
    if named is None:
        _require_champion(state)
    folder = Path(named) if named else state.champion
    yield bundle.read(folder, verify_key=_verify_key(environ))


def fetch(address: str, folder: Path, environ: Mapping[str, str]) -> Bundle:
    """Copy a published bundle into a folder, and verify it.

    Parameters
    ----------
    address : str
        s3://bucket/bundles/digest, or another scheme by which a cluster's storage container is
        chosen.
    folder : Path
        Made if it is not there.
    environ : mapping
        As for `open_bundle`.

    Raises
    ------
    ConfigError
        If the address is none.
    BundleError
        If the bundle is damaged or not trusted.
    StoreError
        If it has not been published, or the object store is away or refuses.
    """
    # Costs a fifth of a second, which a local bundle need not spend.
    from secom_core.store import Store, fetch_bundle  # noqa: PLC0415

    _, _, path = address.partition("://")
    match path.strip("/").split("/"):
        case [bucket, "bundles", digest]:
            store = Store.from_environment({**environ, "SECOM_BUCKET": bucket})
            fetch_bundle(store, digest, folder)
            return bundle.read(folder, verify_key=_verify_key(environ))
        case _:
            message = f"a bundle's address is s3://BUCKET/bundles/DIGEST, got {address!r}."
            raise ConfigError(message)


def _verify_key(environ: Mapping[str, str]) -> Path | None:
    key = environ.get("SECOM_VERIFY_KEY")
    return Path(key) if key else None


def _require_champion(state: State) -> None:
    """Explain why there is nothing to serve, in the gate's own words if it has spoken."""
    if state.champion.is_dir():
        return
    message = f"there is no champion in {state.folder}: `secom run` trains and judges one."
    if state.verdict.is_file():
        reasons = json.loads(state.verdict.read_text(encoding="utf-8"))["verdict"]["reasons"]
        message = (
            f"there is no champion in {state.folder}: the gate let none through.\n"
            + "\n".join(f"- {reason}" for reason in reasons)
            + "\nTo look at the challenger all the same, name its folder with --bundle."
        )
    raise ConfigError(message)
