"""A signed PUT with a condition.

minio's put_object sends a condition that is given as metadata as x-amz-meta-…, and overwrites.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import urllib3
from minio import time as signing_time
from minio.credentials.credentials import Credentials
from minio.error import InvalidResponseError, MinioException, S3Error
from minio.helpers import sha256_hash
from minio.signer import sign_v4_s3

from secom_core.store.settings import Settings

# A write that is repeated after its answer was lost would meet its own first try.
_RETRIES = urllib3.Retry(
    total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.2
)


def put(
    http: urllib3.PoolManager, settings: Settings, key: str, data: bytes, *, etag: str | None
) -> urllib3.BaseHTTPResponse:
    """Write an object if what lies at `key` has this tag; None: if nothing lies there.

    Raises
    ------
    MinioException
        If the store refuses, as minio raises it.
    urllib3.exceptions.HTTPError
        If there is no answer.
    """
    condition = {"If-None-Match": "*"} if etag is None else {"If-Match": f'"{etag}"'}
    url = f"{settings.endpoint}/{settings.bucket}/{quote(key)}"
    headers = _signed(settings, url, data, condition)
    response = http.request("PUT", url, body=data, headers=headers, retries=_RETRIES)
    if response.status != 200:
        raise _refusal(response)
    return response


def _signed(settings: Settings, url: str, data: bytes, condition: dict[str, str]) -> dict[str, str]:
    # In headers, not in the address: addresses get into logs and error messages.
    now, digest = signing_time.utcnow(), sha256_hash(data)
    signed = sign_v4_s3(
        method="PUT",
        url=urlsplit(url),
        region=settings.region,
        headers={
            "Host": settings.host,
            "x-amz-content-sha256": digest,
            "x-amz-date": signing_time.to_amz_date(now),
            **condition,
        },
        credentials=Credentials(settings.access_key, settings.secret_key),
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
