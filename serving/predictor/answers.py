"""What goes back over REST: an answer, or a refusal with the status that it has over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from secom_core.errors import ContractError
from serving.predictor import wire
from serving.predictor.body import BINARY, JSON, JSON_SIZE
from serving.predictor.errors import (
    BusyError,
    MediaTypeError,
    MethodError,
    NotOfferedError,
    RequestError,
    SlowClientError,
    TooLargeError,
)
from serving.predictor.tensors import Response

STATUS: Mapping[type[RequestError], int] = {
    RequestError: 400,
    NotOfferedError: 404,
    MethodError: 405,
    SlowClientError: 408,
    TooLargeError: 413,
    MediaTypeError: 415,
    BusyError: 503,
}


@dataclass(slots=True)
class Answer:
    """What goes back.

    Parameters
    ----------
    status : int
    headers : list of (bytes, bytes)
    body : bytes
    id : str
        Of the request; empty where it was refused before its id was read.
    error : str
        Empty where there was none.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    id: str = ""
    error: str = ""


def answer(response: Response, envelope: Mapping[str, Any]) -> Answer:
    """Write the outputs of a request; `envelope` holds what is the same in every answer."""
    body, json_size = wire.encode(response, envelope)
    length = (b"content-length", b"%d" % len(body))
    if json_size is None:
        return Answer(200, [length, (b"content-type", JSON)], body, response.id)
    headers = [length, (b"content-type", BINARY), (JSON_SIZE, b"%d" % json_size)]
    return Answer(200, headers, body, response.id)


def refusal(error: RequestError | ContractError) -> Answer:
    """Say what is wrong with a request."""
    status = STATUS[type(error)] if isinstance(error, RequestError) else 400
    text = str(error)
    body = orjson.dumps({"error": text})
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON)]
    if isinstance(error, MethodError):
        headers.append((b"allow", error.allowed.encode()))
    if isinstance(error, BusyError):
        headers.append((b"retry-after", b"1"))
    return Answer(status, headers, body, error=text)
