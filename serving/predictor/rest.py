"""The REST route that carries the load: plain ASGI around kserve's own application.

Inference requests are answered here; health and metadata go on to kserve, as does whatever else is
read-only. Nothing else of kserve's writing routes is offered: its repository calls would let
anybody unload the model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

import orjson

from secom_core.errors import ContractError
from serving.predictor import wire
from serving.predictor.errors import (
    BusyError,
    MediaTypeError,
    MethodError,
    NotOfferedError,
    RequestError,
    SlowClientError,
    TooLargeError,
)
from serving.predictor.limits import Limits
from serving.predictor.model import MODEL_NAME, Predictor
from serving.predictor.tensors import quoted

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

STATUS: Mapping[type[RequestError], int] = {
    RequestError: 400,
    NotOfferedError: 404,
    MethodError: 405,
    SlowClientError: 408,
    TooLargeError: 413,
    MediaTypeError: 415,
    BusyError: 503,
}

JSON = b"application/json"
BINARY = b"application/octet-stream"
JSON_SIZE = b"inference-header-content-length"


class ClientGoneError(Exception):
    """The client hung up before its body was complete; nobody waits for an answer."""


class Rest:
    """Answers inference requests, and passes reading requests on.

    Parameters
    ----------
    predictor : Predictor
    app : ASGI application
        What answers everything but inference.
    limits : Limits
    """

    def __init__(self, predictor: Predictor, app: App, limits: Limits) -> None:
        self._predictor, self._app, self._limits = predictor, app, limits
        self.is_draining = False
        self._infer = f"/v2/models/{MODEL_NAME}/infer"
        self._model = f"/v2/models/{MODEL_NAME}"
        self._versioned = f"{self._model}/versions/"
        self._envelope = {
            "model_name": MODEL_NAME,
            "model_version": predictor.version,
            "parameters": orjson.Fragment(orjson.dumps(predictor.parameters)),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            path = self._without_version(scope["path"])
            if path != self._infer:
                self._require_reading(scope, path)
                await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)
                return
            body, json_size = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except (RequestError, ContractError) as exc:
            await _send_error(send, exc)
            return
        await _send(send, 200, body, json_size)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[bytes, int | None]:
        if scope["method"] != "POST":
            message = f"{scope['path']} takes POST, got {scope['method']}."
            raise MethodError(message)
        headers = dict(scope["headers"])
        json_size = _json_size(headers)
        _require_readable(headers)
        body = await self._read(receive, headers)
        request = wire.decode(body, json_size=json_size)
        if not request.id:
            request.id = headers.get(b"x-request-id", b"").decode("latin-1")
        return wire.encode(self._predictor.infer(request), self._envelope)

    def _without_version(self, path: str) -> str:
        if not path.startswith(self._versioned):
            return path
        version, slash, rest = path[len(self._versioned) :].partition("/")
        if version != self._predictor.version:
            message = (
                f"no version {quoted(version)} of {MODEL_NAME}: the one that is served is "
                f"{self._predictor.version}."
            )
            raise NotOfferedError(message)
        return f"{self._model}{slash}{rest}"

    def _require_reading(self, scope: Scope, path: str) -> None:
        parts = path.split("/")
        if len(parts) == 5 and parts[:3] == ["", "v2", "models"] and parts[4] == "infer":
            message = f"no model {quoted(parts[3])}: the one that is served is {MODEL_NAME}."
            raise NotOfferedError(message)
        if path.startswith("/v2/repository"):
            message = f"{MODEL_NAME} is the one model that is served: nothing can be (un)loaded."
            raise NotOfferedError(message)
        if scope["method"] != "GET":
            message = f"{quoted(path)} takes no {scope['method']}; POST goes to {self._infer}."
            raise MethodError(message)

    async def _read(self, receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
        self._require_size(int(headers.get(b"content-length", b"0")))
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            return message["body"]
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._read_on(message, receive)
        except TimeoutError as exc:
            text = f"the body did not arrive within {self._limits.body_seconds:g} s."
            raise SlowClientError(text) from exc

    async def _read_on(self, message: Message, receive: Receive) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while True:
            if message["type"] != "http.request":
                raise ClientGoneError
            pieces.append(message["body"])
            size += len(pieces[-1])
            self._require_size(size)
            if not message.get("more_body"):
                return b"".join(pieces)
            message = await receive()

    def _require_size(self, size: int) -> None:
        if size > self._limits.body_bytes:
            message = (
                f"the body holds {size} bytes or more, at most {self._limits.body_bytes} are read. "
                "Send fewer units at a time."
            )
            raise TooLargeError(message)


def _json_size(headers: Mapping[bytes, bytes]) -> int | None:
    text = headers.get(JSON_SIZE)
    if text is None:
        return None
    if not text.isdigit():
        message = (
            "Inference-Header-Content-Length must be a number of bytes, "
            f"got {quoted(text.decode('latin-1'))}."
        )
        raise RequestError(message)
    return int(text)


def _require_readable(headers: Mapping[bytes, bytes]) -> None:
    kind = headers.get(b"content-type", JSON).partition(b";")[0].strip().lower()
    if kind not in (JSON, BINARY):
        message = (
            f"content type must be {JSON.decode()}, or {BINARY.decode()} with binary tensors, "
            f"got {quoted(kind.decode('latin-1'))}."
        )
        raise MediaTypeError(message)
    coding = headers.get(b"content-encoding", b"identity").strip().lower()
    if coding != b"identity":
        message = f"the body must not be compressed, got {quoted(coding.decode('latin-1'))}."
        raise MediaTypeError(message)


async def _send_error(send: Send, error: RequestError | ContractError) -> None:
    status = STATUS[type(error)] if isinstance(error, RequestError) else 400
    headers = {
        405: [(b"allow", b"GET" if status == 405 else b"POST")],
        503: [(b"retry-after", b"1")],
    }
    await _send(send, status, orjson.dumps({"error": str(error)}), extra=headers.get(status, ()))


async def _send(
    send: Send,
    status: int,
    body: bytes,
    json_size: int | None = None,
    extra: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    headers = [(b"content-length", b"%d" % len(body)), *extra]
    if json_size is None:
        headers.append((b"content-type", JSON))
    else:
        headers += [(b"content-type", BINARY), (JSON_SIZE, b"%d" % json_size)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
