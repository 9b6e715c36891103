"""What goes wrong between here and the object store, in one place, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, S3Error
from urllib3 import exceptions as transport

from secom_core.errors import ConflictError, ObjectNotFoundError, StoreError
from secom_core.store.settings import (
    ACCESS_KEY,
    BUCKET,
    CA_BUNDLE,
    ENDPOINT,
    REGION,
    SECRET_KEY,
    Settings,
)

_CREDENTIALS = f"wrong credentials. Check {ACCESS_KEY} and {SECRET_KEY}."
_FULL = "its disk is full. Free space there, or remove old bundles; nothing was changed."
_WAIT = "it is overloaded or starting. Try again in a minute."
_CONFLICT = "somebody else wrote it first. Read it again and decide anew."
_EXPLANATIONS = {
    "AccessDenied": (
        f"access denied. Check {ACCESS_KEY} and {SECRET_KEY}, and that they may list the bucket "
        "and get and put objects in it."
    ),
    "AuthorizationHeaderMalformed": f"another region. Check {REGION}.",
    "ConditionalRequestConflict": _CONFLICT,
    "InsufficientStorage": _FULL,
    "InternalError": (
        "it failed inside. Look into its log and check its free disk space: some stores report a "
        "full disk so."
    ),
    "InvalidAccessKeyId": _CREDENTIALS,
    "NoSuchBucket": f"there is no such bucket. Create it, or set {BUCKET} to the one to use.",
    "NoSuchKey": "there is no such object.",
    "PreconditionFailed": _CONFLICT,
    "QuotaExceeded": _FULL,
    "RequestTimeTooSkewed": "this machine's clock differs from the store's. Set it right.",
    "ServiceUnavailable": _WAIT,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "SlowDown": _WAIT,
    "XMinioAdminBucketQuotaExceeded": _FULL,
    "XMinioStorageFull": _FULL,
}
_KINDS: dict[str, type[StoreError]] = {
    "ConditionalRequestConflict": ConflictError,
    "NoSuchKey": ObjectNotFoundError,
    "PreconditionFailed": ConflictError,
}


@contextmanager
def explained(settings: Settings, action: str, key: str = "") -> Iterator[None]:
    """Turn whatever the clients raise into a `StoreError` that says what to do.

    Parameters
    ----------
    settings : Settings
        Bucket and endpoint are named in the message, credentials never.
    action : str
        What was tried, as in "read".
    key : str, optional
        The object; without it the message speaks of the bucket.

    Raises
    ------
    ObjectNotFoundError
        If no object lies at `key`.
    ConflictError
        If a conditional write came too late.
    StoreError
        If the store refused otherwise, cannot be reached, or is none.
    """
    tried = f"cannot {action} s3://{settings.bucket}/{key} at {settings.endpoint}"
    try:
        yield
    except S3Error as exc:
        raise _refused(tried, exc.code, status=exc.response.status) from exc
    except (InvalidResponseError, ParseError) as exc:
        message = f"{tried}: the answer is none of an S3 object store. Check {ENDPOINT}. ({exc})"
        raise StoreError(message) from exc
    except transport.HTTPError as exc:
        message = f"{tried}: {_unreachable(exc)}"
        raise StoreError(message) from exc


def _refused(tried: str, code: str | None, *, status: int) -> StoreError:
    """Return the error for an answer of the store; a status tells a full disk by any code."""
    known = "InsufficientStorage" if status == 507 and code not in _EXPLANATIONS else code
    if known not in _EXPLANATIONS:
        return StoreError(f"{tried}: it answered {code} (HTTP {status}).")
    return _KINDS.get(known, StoreError)(f"{tried}: {_EXPLANATIONS[known]}")


def _unreachable(fault: BaseException) -> str:
    """Say in plain words why there was no answer."""
    reason = getattr(fault, "reason", None)
    cause = reason if isinstance(reason, BaseException) else fault
    if isinstance(cause, transport.SSLError):
        return f"its certificate is not trusted, or it does not speak TLS. Check {CA_BUNDLE}."
    # The order matters: each is a kind of the next.
    if isinstance(cause, transport.NameResolutionError):
        why = "no such host is known"
    elif isinstance(cause, transport.NewConnectionError):
        why = "nothing listens there"
    elif isinstance(cause, transport.TimeoutError):
        why = "it did not answer in time"
    else:
        why = "the connection broke off"
    return f"{why}. Is the object store running, and is {ENDPOINT} right?"
