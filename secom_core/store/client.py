"""One bucket of an S3 object store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Self

import urllib3
from minio import Minio

from secom_core.errors import ConflictError, ObjectNotFoundError
from secom_core.store import conditional
from secom_core.store.faults import explained
from secom_core.store.settings import BUCKET, Settings

# A store that is away is noticed within seconds, and one that is slow is still waited for.
_TIMEOUT = urllib3.Timeout(connect=3, read=30)
_RETRIES = urllib3.Retry(
    total=2,
    backoff_factor=0.2,
    status_forcelist=(502, 503, 504),
    raise_on_status=False,  # the answer itself says more than "too many retries"
)
_CONNECTIONS = 4  # minio sends three parts of an object at once
_ACCESS_CHECK = "access-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a listing says of an object.

    Parameters
    ----------
    key : str
    n_bytes : int
    etag : str
        Another one when the object is replaced.
    written_at : datetime
        UTC; the same content written again is the same object found.
    """

    key: str
    n_bytes: int
    etag: str
    written_at: datetime = field(compare=False)


class Store:
    """One bucket of an S3 object store.

    Parameters
    ----------
    settings : Settings
        Where it is and how to get in. Nothing is asked before the first call.
    """

    __slots__ = ("_client", "_http", "_settings")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            timeout=_TIMEOUT,
            retries=_RETRIES,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(settings.ca_bundle) if settings.ca_bundle else None,
        )
        self._client = Minio(
            settings.host,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            secure=settings.is_secure,
            region=settings.region,
            http_client=self._http,
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Build a store from AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY, AWS_CA_BUNDLE and SECOM_BUCKET.

        Raises
        ------
        ConfigError
            If a variable is missing or malformed; names it.
        """  # noqa: D205
        return cls(Settings.from_environment(environ))

    def address(self, key: str = "") -> str:
        """`s3://bucket/key`, for people to read."""
        return f"s3://{self._settings.bucket}/{key}"

    def require_reachable(self) -> None:
        """Write and find one small object, so that what is wrong shows before work is done.

        Raises
        ------
        StoreError
            If the store is away, refuses, is full or has no such bucket; says what to do.
        """
        self.put(_ACCESS_CHECK, b"secom may write here\n")
        self.exists(_ACCESS_CHECK)

    def get(self, key: str) -> bytes:
        """Return the object at `key`.

        Raises
        ------
        ObjectNotFoundError
            If there is none.
        StoreError
            If the store is away or refuses.
        """
        return self.get_with_etag(key)[0]

    def get_with_etag(self, key: str) -> tuple[bytes, str]:
        """Return the object at `key` and the tag that `put_if` compares; raises as `get` does."""
        with explained(self._settings, "read", key):
            response = self._client.get_object(self._settings.bucket, key)
            try:
                return response.read(), _etag(response)
            finally:
                response.close()
                response.release_conn()

    def get_range(self, found: Found, start: int, length: int) -> bytes:
        """Return a part of an object as it was when it was found.

        Parameters
        ----------
        found : Found
        start, length : int
            Bytes, within the object; `length` is above 0.

        Raises
        ------
        ObjectNotFoundError
            If it is gone.
        ConflictError
            If it was replaced since.
        StoreError
            If the store is away or refuses.
        """
        with explained(self._settings, "read", found.key):
            response = self._client.get_object(
                self._settings.bucket,
                found.key,
                offset=start,
                length=length,
                request_headers={"If-Match": f'"{found.etag}"'},
            )
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def put(self, key: str, data: bytes) -> None:
        """Write an object, whatever lies at `key`.

        Raises
        ------
        StoreError
            If the store is away, refuses or is full.
        """
        with explained(self._settings, "write", key):
            self._client.put_object(self._settings.bucket, key, BytesIO(data), len(data))

    def put_if(self, key: str, data: bytes, *, etag: str | None) -> str:
        """Write an object if what lies at `key` is what the caller has read.

        Parameters
        ----------
        key : str
        data : bytes
        etag : str or None
            What `get_with_etag` gave; None if there must be no object yet.

        Returns
        -------
        str
            The new object's tag.

        Raises
        ------
        ConflictError
            If somebody else wrote first.
        StoreError
            If the store is away, refuses or is full. When the answer was lost, the object may
            have been written: read it again.
        """
        try:
            with explained(self._settings, "write", key):
                return _etag(conditional.put(self._http, self._settings, key, data, etag=etag))
        except ObjectNotFoundError as exc:  # what was read has been deleted since
            raise ConflictError(str(exc)) from exc

    def remove(self, key: str) -> None:
        """Delete an object; where there is none, there is nothing to do.

        Raises
        ------
        StoreError
            If the store is away or refuses.
        """
        with explained(self._settings, "delete", key):
            self._client.remove_object(self._settings.bucket, key)

    def exists(self, key: str) -> bool:
        """Whether an object lies at `key`; raises `StoreError` as `get` does."""
        # A HEAD request has no body, so that a missing bucket would look like a missing object.
        return key in self.list(key)

    def list(self, prefix: str) -> tuple[str, ...]:
        """Return the keys that begin with `prefix`, sorted; raises `StoreError` as `get` does."""
        return tuple(found.key for found in self.find(prefix))

    def find(self, prefix: str, *, after: str = "") -> tuple[Found, ...]:
        """Return the objects whose keys begin with `prefix`, sorted by key; raises as `list`.

        With `after`, a key, only those behind it: what was seen before is not listed again.
        """
        with explained(self._settings, "list", prefix):
            items = self._client.list_objects(
                self._settings.bucket, prefix, recursive=True, start_after=after or None
            )
            found = (
                Found(
                    key=item.object_name,
                    n_bytes=item.size or 0,
                    etag=(item.etag or "").strip('"'),
                    written_at=item.last_modified,
                )
                for item in items
                if item.object_name and item.last_modified
            )
            return tuple(sorted(found, key=lambda each: each.key))


def _etag(response: urllib3.BaseHTTPResponse) -> str:
    return response.headers.get("ETag", "").strip('"')


def bucket_opener(environ: Mapping[str, str]) -> Callable[[str], Store]:
    """Return what opens any bucket of the store that `environ` names.

    It raises `ConfigError` if a variable is missing or malformed.
    """
    return lambda bucket: Store.from_environment({**environ, BUCKET: bucket})
