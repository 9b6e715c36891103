"""Published bundles, as a stage needs them: fetched, verified, and only for as long as it runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from secom_core.errors import BundleError, ConfigError
from secom_core.store import Store, fetch_bundle, read_champion

if TYPE_CHECKING:
    from secom_core.bundle import Bundle


def champion_digest(environ: Mapping[str, str]) -> str:
    """Return the digest of the serving bundle.

    Raises
    ------
    ConfigError
        If there is none.
    StoreError
        If the store is away or refuses.
    """
    champion = read_champion(Store.from_environment(environ))
    if champion is None:
        message = (
            "there is no champion in the object store. Run the pipeline that trains one, or name a "
            "published bundle by its digest."
        )
        raise ConfigError(message)
    return champion.digest


@contextmanager
def published(environ: Mapping[str, str], digest: str) -> Iterator[Bundle]:
    """Fetch a bundle and verify it; its folder is gone afterwards.

    Parameters
    ----------
    environ : mapping
        Settings of the object store; SECOM_VERIFY_KEY names a public key, and with it an unsigned
        bundle is refused.
    digest : str
        The bundle's, 64 hex digits.

    Raises
    ------
    BundleError
        If it is damaged, not trusted, or another bundle than its address says.
    ObjectNotFoundError
        If it has not been published.
    StoreError
        If the store is away or refuses.
    """
    from secom_core import bundle

    key = environ.get("SECOM_VERIFY_KEY")
    with tempfile.TemporaryDirectory(prefix="secom-bundle-") as scratch:
        folder = fetch_bundle(Store.from_environment(environ), digest, Path(scratch) / "bundle")
        found = bundle.read(folder, verify_key=Path(key) if key else None)
        if found.digest != digest:
            message = f"at {digest[:12]} lies the bundle {found.digest[:12]}: do not use it."
            raise BundleError(message)
        yield found
