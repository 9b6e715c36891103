"""The REST route that carries the load: plain ASGI around kserve's own application.

Inference requests are answered here; health and metadata go on to kserve, as does whatever else is
read-only.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

import orjson

from secom_core.errors import ContractError
from serving.predictor import routes, wire
from serving.predictor.answers import Answer, answer, refusal
from serving.predictor.body import (
    ClientGoneError,
    Event,
    Headers,
    Receive,
    json_size,
    require_readable,
    rest_of,
)
from serving.predictor.counts import FAULT, Counts
from serving.predictor.errors import BusyError, MethodError, RequestError
from serving.predictor.model import MODEL_NAME, Predictor
from serving.predictor.tensors import Request
from serving.predictor.work import LONG_BYTES, Work

Scope = MutableMapping[str, Any]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = b"x-request-id"

_logger = logging.getLogger(__name__)


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
        arrived = perf_counter()
        headers = dict(scope["headers"])
        try:
            path = scope["path"]
            if path != routes.INFER:
                path = routes.without_version(path, self._predictor.version)
            if path != routes.INFER:
                routes.require_reading(scope["method"], path)
                await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)
                return
            found = await self._answer(scope["method"], headers, receive, arrived)
        except ClientGoneError:
            return
        except (RequestError, ContractError) as exc:
            if isinstance(exc, BusyError):
                self._counts.rejected(exc.reason)
            found = refusal(exc)
        except Exception:
            self._counts.answered("rest", FAULT["rest"])  # as uvicorn will
            raise
        self._counts.answered("rest", found.status)
        self._finish(found, headers, arrived)
        await send(
            {"type": "http.response.start", "status": found.status, "headers": found.headers}
        )
        await send({"type": "http.response.body", "body": found.body})

    async def _answer(
        self, method: str, headers: Headers, receive: Receive, arrived: float
    ) -> Answer:
        if len(self._work.arrived) > self._work.limits.queue:
            await self._work.queue_up()
        if method != "POST":
            message = f"{routes.INFER} takes POST, got {method}."
            raise MethodError(message)
        require_readable(headers)
        event = await receive()
        if event.get("more_body") or event["type"] != "http.request":
            return await self._answer_in_pieces(event, headers, receive, arrived)
        start = perf_counter()
        request = _decode(event["body"], headers)
        decoded = perf_counter()
        if request.is_long:
            return await self._work.run_long(self._judge, request, arrived, start, decoded)
        return self._judge(request, arrived, start, decoded)

    async def _answer_in_pieces(
        self, event: Event, headers: Headers, receive: Receive, arrived: float
    ) -> Answer:
        limits = self._work.limits
        with self._work.hold() as held:
            body = await rest_of(event, receive, headers=headers, limits=limits, held=held)
            start = perf_counter()
            is_large = len(body) > LONG_BYTES
            if is_large:
                request = await self._work.run_long(_decode, body, headers)
            else:
                request = _decode(body, headers)
            decoded = perf_counter()
            if is_large or request.is_long:
                return await self._work.run_long(self._judge, request, arrived, start, decoded)
            return self._judge(request, arrived, start, decoded)

    def _judge(self, request: Request, arrived: float, start: float, decoded: float) -> Answer:
        begin = perf_counter()
        response = self._predictor.infer(request)
        judged = perf_counter()
        found = answer(response, self._envelope)
        end = perf_counter()
        took = (decoded - start, judged - begin, end - judged, end - arrived)
        self._counts.took("rest", took)
        return found

    def _finish(self, found: Answer, headers: Headers, arrived: float) -> None:
        request_id = headers.get(REQUEST_ID)
        if request_id:
            found.headers.append((REQUEST_ID, request_id))
        if self.is_draining:
            found.headers.append((b"connection", b"close"))
        if _logger.isEnabledFor(logging.DEBUG):
            _log(found, request_id, perf_counter() - arrived)


def _decode(body: bytes, headers: Headers) -> Request:
    request = wire.decode(body, json_size=json_size(headers))
    if not request.id:
        request.id = headers.get(REQUEST_ID, b"").decode("latin-1")
    return request


def _log(found: Answer, request_id: bytes | None, seconds: float) -> None:
    fields = {
        "id": found.id or (request_id or b"").decode("latin-1"),
        "protocol": "rest",
        "code": found.status,
        "seconds": round(seconds, 6),
    }
    if found.error:
        fields["error"] = found.error
    _logger.debug("answered", extra={"fields": fields})
