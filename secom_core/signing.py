"""Signing a bundle's manifest with a plain elliptic-curve key, and verifying it.

The manifest holds the sha256 of every file, so that who vouches for it vouches for the bundle.
The signature is what `model_signing verify key` reads, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from secom_core.errors import BundleError, ConfigError

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_MAKE_KEYS = (
    "openssl ecparam -name prime256v1 -genkey -noout -out private.pem; "
    "openssl ec -in private.pem -pubout -out public.pem"
)
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What model-signing raises on bytes that are no key or no signature."""


def sign(folder: Path, private_key: Path) -> None:
    """Sign a bundle; an earlier signature is replaced.

    Parameters
    ----------
    folder : Path
        A bundle that `secom_core.bundle.read` has verified.
    private_key : Path
        PEM file with an elliptic-curve key, without a password.

    Raises
    ------
    ConfigError
        If the key is missing or of another kind.
    """
    # Importing it takes a second, and who signs nothing has no need of it.
    from model_signing import signing  # noqa: PLC0415

    config = signing.Config()  # type: ignore[no-untyped-call]  # its constructor has no types
    with _usable(private_key, "private"):
        config.use_elliptic_key_signer(private_key=private_key)
    partial = folder / f".{SIGNATURE}.part"
    config.sign(folder / MANIFEST, partial)
    partial.replace(folder / SIGNATURE)


def verify(folder: Path, public_key: Path) -> None:
    """Refuse a bundle whose manifest the key's owner has not signed as it is.

    Parameters
    ----------
    folder : Path
        Whether its files are those of the manifest is for `secom_core.bundle.read` to say.
    public_key : Path
        PEM file.

    Raises
    ------
    BundleError
        If the bundle is unsigned, signed with another key, or changed since it was signed.
    ConfigError
        If the key is missing or of another kind.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from model_signing import hashing, verifying  # noqa: PLC0415

    config = verifying.Config()  # type: ignore[no-untyped-call]
    with _usable(public_key, "public"):
        config.use_elliptic_key_verifier(public_key=public_key)
    # As we sign; otherwise the signature itself would say how to compare.
    hashes = hashing.Config()  # type: ignore[no-untyped-call]
    config.set_hashing_config(hashes.use_file_serialization(hashing_algorithm="sha256"))
    if not (folder / SIGNATURE).is_file():
        message = (
            f"the bundle has no {SIGNATURE}, and only signed ones are accepted here. Promote it "
            "with SECOM_SIGN_KEY set, or unset SECOM_VERIFY_KEY."
        )
        raise BundleError(message)
    try:
        config.verify(folder / MANIFEST, folder / SIGNATURE)
    except (InvalidSignature, *_UNREADABLE) as exc:
        # A signature is anybody's bytes: what cannot even be read is as bad as a wrong one.
        message = (
            f"{SIGNATURE} is not the signature of this bundle by the owner of {public_key}: the "
            "manifest was changed, or another key signed it. Fetch the bundle again, and find out "
            "where it came from before it serves."
        )
        raise BundleError(message) from exc


@contextmanager
def _usable(key: Path, kind: str) -> Iterator[None]:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415

    try:
        yield
    except (OSError, UnsupportedAlgorithm, *_UNREADABLE) as exc:
        message = (
            f"{key} is not a {kind} elliptic-curve key in PEM without a password ({exc}). "
            f"Make a pair: {_MAKE_KEYS}."
        )
        raise ConfigError(message) from exc
