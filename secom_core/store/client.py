"""One bucket of an S3 object store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Self
from urllib.parse import quote, urlsplit

import urllib3
from minio import Minio
from minio import time as signing_time
from minio.credentials.credentials import Credentials
from minio.error import InvalidResponseError, MinioException, S3Error
from minio.helpers import sha256_hash
from minio.signer import sign_v4_s3

from secom_core.errors import ConflictError, ObjectNotFoundError
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
# A conditional write that is repeated after its answer was lost would meet its own first try.
_CONNECT_RETRIES = _RETRIES.new(total=None, connect=2, read=0, redirect=0, status=0, other=0)

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
    """

    key: str
    n_bytes: int
    etag: str


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
        # minio's put_object sends such a condition as x-amz-meta-…, and overwrites.
        condition = {"If-None-Match": "*"} if etag is None else {"If-Match": f'"{etag}"'}
        url = f"{self._settings.endpoint}/{self._settings.bucket}/{quote(key)}"
        headers = self._signed(url, data, condition)
        try:
            with explained(self._settings, "write", key):
                response = self._http.request(
                    "PUT", url, body=data, headers=headers, retries=_CONNECT_RETRIES
                )
                if response.status != 200:
                    raise _refusal(response)
        except ObjectNotFoundError as exc:  # what was read has been deleted since
            raise ConflictError(str(exc)) from exc
        return _etag(response)

    def exists(self, key: str) -> bool:
        """Whether an object lies at `key`; raises `StoreError` as `get` does."""
        # A HEAD request has no body, so that a missing bucket would look like a missing object.
        return key in self.list(key)

    def list(self, prefix: str) -> tuple[str, ...]:
        """Return the keys that begin with `prefix`, sorted; raises `StoreError` as `get` does."""
        return tuple(found.key for found in self.find(prefix))

    def find(self, prefix: str) -> tuple[Found, ...]:
        """Return the objects whose keys begin with `prefix`, sorted by key; raises as `list`."""
        with explained(self._settings, "list", prefix):
            items = self._client.list_objects(self._settings.bucket, prefix, recursive=True)
            found = (
                Found(
                    key=item.object_name, n_bytes=item.size or 0, etag=(item.etag or "").strip('"')
                )
                for item in items
                if item.object_name
            )
            return tuple(sorted(found, key=lambda each: each.key))

    def _signed(self, url: str, data: bytes, condition: Mapping[str, str]) -> dict[str, str]:
        now, digest = signing_time.utcnow(), sha256_hash(data)
        signed = sign_v4_s3(
            method="PUT",
            url=urlsplit(url),
            region=self._settings.region,
            headers={
                "Host": self._settings.host,
                "x-amz-content-sha256": digest,
                "x-amz-date": signing_time.to_amz_date(now),
                **condition,
            },
            credentials=Credentials(self._settings.access_key, self._settings.secret_key),
            content_sha256=digest,
            date=now,
        )
        return {name: str(value) for name, value in signed.items()}


def _refusal(response: urllib3.BaseHTTPResponse) -> MinioException:
    """Read an answer that is no success as minio reads it."""
    kind = response.headers.get("Content-Type", "")
    if response.data and "xml" in kind:
        return S3Error.fromxml(response)
    return InvalidResponseError(response.status, kind, response.data.decode(errors="replace"))


def _etag(response: urllib3.BaseHTTPResponse) -> str:
    return response.headers.get("ETag", "").strip('"')


def bucket_opener(environ: Mapping[str, str]) -> Callable[[str], Store]:
    """Return what opens any bucket of the store that `environ` names.

    It raises `ConfigError` if a variable is missing or malformed.
    """
    return lambda bucket: Store.from_environment({**environ, BUCKET: bucket})
