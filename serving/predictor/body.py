"""Receiving a request's body: in a form that is read, of a size that is taken, in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from serving.predictor.errors import MediaTypeError, RequestError, SlowClientError, TooLargeError
from serving.predictor.limits import Limits
from serving.predictor.tensors import quoted
from serving.predictor.work import Held

JSON = b"application/json"
BINARY = b"application/octet-stream"
JSON_SIZE = b"inference-header-content-length"

MAX_DIGITS = 18

Headers = Mapping[bytes, bytes]
Event = MutableMapping[str, Any]
"""An ASGI message."""
Receive = Callable[[], Awaitable[Event]]


class ClientGoneError(Exception):
    """The client hung up before its body was complete; nobody waits for an answer."""


def json_size(headers: Headers) -> int | None:
    """Return how many bytes of JSON come before binary tensors; None if all is JSON.

    Raises
    ------
    RequestError
        If the header is no number.
    """
    text = headers.get(JSON_SIZE)
    if text is None:
        return None
    if not text.isdigit() or len(text) > MAX_DIGITS:
        message = (
            "Inference-Header-Content-Length must be a number of bytes, "
            f"got {quoted(text.decode('latin-1'))}."
        )
        raise RequestError(message)
    return int(text)


def require_readable(headers: Headers) -> None:
    """Raise MediaTypeError if the body is in no form that is read."""
    kind = headers.get(b"content-type", JSON)
    if kind not in (JSON, BINARY):
        kind = kind.partition(b";")[0].strip().lower()
    if kind not in (JSON, BINARY):
        message = (
            f"content type must be {JSON.decode()}, or {BINARY.decode()} with binary tensors, "
            f"got {quoted(kind.decode('latin-1'))}."
        )
        raise MediaTypeError(message)
    coding = headers.get(b"content-encoding")
    if coding is not None and coding.strip().lower() != b"identity":
        message = f"the body must not be compressed, got {quoted(coding.decode('latin-1'))}."
        raise MediaTypeError(message)


async def rest_of(
    event: Event, receive: Receive, *, headers: Headers, limits: Limits, held: Held
) -> bytes:
    """Receive a body of which `event` is the beginning.

    Raises
    ------
    TooLargeError
        If it is larger than a body may be; at once if the client says so in advance.
    SlowClientError
        If it does not arrive in time.
    BusyError
        If the bodies that are held already leave no room for it.
    ClientGoneError
        If the client hangs up.
    """
    _require_size(int(headers.get(b"content-length", b"0")), limits)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            while event["type"] == "http.request":
                pieces.append(event["body"])
                size += len(pieces[-1])
                _require_size(size, limits)
                held.grow(len(pieces[-1]))
                if not event.get("more_body"):
                    return b"".join(pieces)
                event = await receive()
    except TimeoutError as exc:
        message = f"the body did not arrive within {limits.body_seconds:g} s."
        raise SlowClientError(message) from exc
    raise ClientGoneError


def _require_size(size: int, limits: Limits) -> None:
    if size > limits.body_bytes:
        message = (
            f"the body holds {size} bytes or more, at most {limits.body_bytes} are read. "
            "Send fewer units at a time."
        )
        raise TooLargeError(message)
