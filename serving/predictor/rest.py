"""The REST route that carries the load: plain ASGI around kserve's own application.

Inference requests are answered here; health and metadata go on to kserve, as does whatever else is
read-only. Nothing else of kserve's writing routes is offered: its repository calls would let
anybody unload the model.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import orjson

from secom_core.errors import ContractError
from serving.predictor import wire
from serving.predictor.body import (
    BINARY,
    JSON,
    JSON_SIZE,
    ClientGoneError,
    Event,
    Headers,
    Receive,
    json_size,
    require_readable,
    rest_of,
)
from serving.predictor.counts import Counts
from serving.predictor.errors import (
    BusyError,
    MediaTypeError,
    MethodError,
    NotOfferedError,
    RequestError,
    SlowClientError,
    TooLargeError,
)
from serving.predictor.model import MODEL_NAME, Predictor, is_long
from serving.predictor.tensors import Request, quoted
from serving.predictor.work import LONG_BYTES, Work

Scope = MutableMapping[str, Any]
Send = Callable[[Event], Awaitable[None]]
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

REQUEST_ID = b"x-request-id"


@dataclass(slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


class Rest:
    """Answers inference requests, and passes reading requests on.

    Parameters
    ----------
    predictor : Predictor
    work : Work
        Says whether there is room, and runs what takes long.
    counts : Counts
        Is told of every answer.
    app : ASGI application
        What answers everything but inference.
    """

    def __init__(self, predictor: Predictor, work: Work, counts: Counts, app: App) -> None:
        self._predictor, self._work, self._counts, self._app = predictor, work, counts, app
        self._model = f"/v2/models/{MODEL_NAME}"
        self._infer = f"{self._model}/infer"
        self._envelope = {
            "model_name": MODEL_NAME,
            "model_version": predictor.version,
            "parameters": orjson.Fragment(orjson.dumps(predictor.parameters)),
        }
        self.is_draining = False
        """Whether clients are told to go elsewhere after this answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            path = scope["path"]
            if path != self._infer:
                path = self._without_version(path)
            if path != self._infer:
                self._require_reading(scope, path)
                await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)
                return
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except (RequestError, ContractError) as exc:
            answer = self._refusal(exc)
        self._counts.answered("rest", str(answer.status))
        if self.is_draining:
            answer.headers.append((b"connection", b"close"))
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        arrived = perf_counter()
        if len(self._work.arrived) > self._work.limits.queue:
            await self._work.queue_up()
        if scope["method"] != "POST":
            message = f"{scope['path']} takes POST, got {scope['method']}."
            raise MethodError(message)
        headers = dict(scope["headers"])
        require_readable(headers)
        size = json_size(headers)
        event = await receive()
        if event["type"] == "http.request" and not event.get("more_body"):
            return await self._judge(event["body"], size, headers, arrived)
        limits = self._work.limits
        with self._work.hold() as held:
            body = await rest_of(event, receive, headers=headers, limits=limits, held=held)
            return await self._judge(body, size, headers, arrived)

    async def _judge(
        self, body: bytes, size: int | None, headers: Headers, arrived: float
    ) -> Answer:
        is_large = len(body) > LONG_BYTES
        request, seconds = (
            await self._work.run_long(_decode, body, size) if is_large else _decode(body, size)
        )
        request_id = headers.get(REQUEST_ID)
        if request_id and not request.id:
            request.id = request_id.decode("latin-1")
        if is_large or is_long(request):
            answer = await self._work.run_long(self._judged, request, seconds)
        else:
            answer = self._judged(request, seconds)
        seconds.append(perf_counter() - arrived)
        self._counts.took("rest", seconds)
        if request_id:
            answer.headers.append((REQUEST_ID, request_id))
        return answer

    def _judged(self, request: Request, seconds: list[float]) -> Answer:
        start = perf_counter()
        response = self._predictor.infer(request)
        judged = perf_counter()
        body, size = wire.encode(response, self._envelope)
        seconds += (judged - start, perf_counter() - judged)
        headers = [(b"content-length", b"%d" % len(body))]
        if size is None:
            headers.append((b"content-type", JSON))
        else:
            headers += [(b"content-type", BINARY), (JSON_SIZE, b"%d" % size)]
        return Answer(200, body, headers)

    def _refusal(self, error: RequestError | ContractError) -> Answer:
        status = STATUS[type(error)] if isinstance(error, RequestError) else 400
        body = orjson.dumps({"error": str(error)})
        headers = [(b"content-type", JSON), (b"content-length", b"%d" % len(body))]
        if isinstance(error, MethodError):
            headers.append((b"allow", error.allowed.encode()))
        if isinstance(error, BusyError):
            headers.append((b"retry-after", b"1"))
            self._counts.rejected(error.reason)
        return Answer(status, body, headers)

    def _without_version(self, path: str) -> str:
        versions = f"{self._model}/versions/"
        if not path.startswith(versions):
            return path
        version, slash, rest = path.removeprefix(versions).partition("/")
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
            message = (
                f"{quoted(path)} takes GET, got {scope['method']}; POST goes to {self._infer}."
            )
            raise MethodError(message, allowed="GET")


def _decode(body: bytes, json_size: int | None) -> tuple[Request, list[float]]:
    start = perf_counter()
    request = wire.decode(body, json_size=json_size)
    return request, [perf_counter() - start]
