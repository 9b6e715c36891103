"""Where the object store is and how to get in, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from minio.helpers import check_bucket_name

from secom_core.errors import ConfigError

ENDPOINT, REGION, BUCKET = "AWS_ENDPOINT_URL", "AWS_REGION", "SECOM_BUCKET"
ACCESS_KEY, SECRET_KEY, CA_BUNDLE = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CA_BUNDLE"
DEFAULT_REGION, DEFAULT_BUCKET = "us-east-1", "secom"

_WHAT = {
    ENDPOINT: "the address of the object store, as in https://s3.eu-central-1.amazonaws.com",
    ACCESS_KEY: "the access key of the object store",
    SECRET_KEY: "the secret key of the object store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to reach one bucket.

    Parameters
    ----------
    endpoint : str
        `http://` or `https://`, host and port; no path, no credentials.
    region : str
    bucket : str
    access_key, secret_key : str
        Never shown.
    ca_bundle : Path, optional
        PEM file of the authorities to trust; the system's if None.
    """

    endpoint: str
    region: str = DEFAULT_REGION
    bucket: str = DEFAULT_BUCKET
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    ca_bundle: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.username or parts.password:
            message = f"{ENDPOINT} carries credentials. Give them as {ACCESS_KEY} and {SECRET_KEY}."
            raise ConfigError(message)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            message = (
                f"{ENDPOINT} must be http:// or https://, a host and perhaps a port, without a "
                f"path; got {self.endpoint!r}."
            )
            raise ConfigError(message)
        try:
            check_bucket_name(self.bucket, strict=True)
        except ValueError as exc:
            message = f"{BUCKET} must be a valid bucket name, got {self.bucket!r}: {exc}."
            raise ConfigError(message) from exc
        if self.ca_bundle is not None and not self.ca_bundle.is_file():
            message = f"{CA_BUNDLE} must name a PEM file, and there is none at {self.ca_bundle}."
            raise ConfigError(message)

    @property
    def is_secure(self) -> bool:
        """Whether the store is asked over TLS."""
        return self.endpoint.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.endpoint).netloc

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings that every S3 client reads, and SECOM_BUCKET.

        Raises
        ------
        ConfigError
            If a variable is missing or malformed; names it.
        """
        missing = [f"{name} ({what})" for name, what in _WHAT.items() if not environ.get(name)]
        if missing:
            message = f"set {', '.join(missing)}."
            raise ConfigError(message)
        ca_bundle = environ.get(CA_BUNDLE)
        return cls(
            endpoint=environ[ENDPOINT].rstrip("/"),
            region=environ.get(REGION) or DEFAULT_REGION,
            bucket=environ.get(BUCKET) or DEFAULT_BUCKET,
            access_key=environ[ACCESS_KEY],
            secret_key=environ[SECRET_KEY],
            ca_bundle=Path(ca_bundle) if ca_bundle else None,
        )
