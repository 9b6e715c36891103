"""Bodies of requests: how large, how slow and of which type they may be, and JSON among them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from secom_core.errors import RequestError

MAX_BYTES = 1 << 20
MAX_SECONDS = 30.0
JSON = "application/json"


async def read_body(request: Request, kinds: Collection[str]) -> bytes:
    """Return a body of one of these media types.

    Raises
    ------
    HTTPException
        415 for another type, 413 for a body that is too large, 408 for one that is too slow, 400
        for one that breaks off.
    """
    if media_type(request) not in kinds:
        raise HTTPException(415, f"send content-type {' or '.join(kinds)}.")
    try:
        async with asyncio.timeout(MAX_SECONDS):
            return await _read(request)
    except TimeoutError as exc:
        raise HTTPException(408, f"the body did not arrive within {MAX_SECONDS:g} s.") from exc
    except ClientDisconnect as exc:  # nobody reads the answer
        raise HTTPException(400, "the body broke off.") from exc


def media_type(request: Request) -> str:
    """Return the media type of a body without its parameters; empty if none is given."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is.

    Raises
    ------
    RequestError
        If it is none.
    """
    try:
        value = json.loads(content, parse_constant=_refuse)
    except RecursionError as exc:
        message = "the body is JSON too deeply nested. Send an object as documented."
        raise RequestError(message) from exc
    except ValueError as exc:
        message = f"the body is no JSON: {exc}."
        raise RequestError(message) from exc
    if not isinstance(value, dict):
        message = f"the body must be a JSON object, got {type(value).__name__}."
        raise RequestError(message)
    return value


async def _read(request: Request) -> bytes:
    too_large = HTTPException(413, f"the body is over {MAX_BYTES} bytes. Send it in parts.")
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > MAX_BYTES:
        raise too_large
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise too_large
    return bytes(content)


def _refuse(constant: str) -> float:
    message = f"{constant} is none of its values"
    raise ValueError(message)
