"""Who may ask: with a token set, whoever sends it; without one, everybody, at no cost.

Health and metrics stay open: the kubelet's probes and Prometheus carry no token, and nothing there
tells of a unit.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

import grpc

from serving.bearer import Token
from serving.predictor import routes
from serving.predictor.body import JSON, Receive
from serving.predictor.counts import Counts
from serving.predictor.framework import Context, Message
from serving.predictor.rest import REQUEST_ID, App, Scope, Send

TOKEN = "SECOM_TOKEN"  # noqa: S105 - a variable's name
"""The token's environment variable: a command line can be read by whoever is on the machine."""

# The same to whoever sends none, another scheme or a wrong token.
_WHY = "a valid bearer token is needed."
_BODY = b'{"error":"%s"}' % _WHY.encode()
_HEADERS = (
    (b"content-length", b"%d" % len(_BODY)),
    (b"content-type", JSON),
    (b"www-authenticate", b'Bearer realm="secom"'),
)

_SERVICE = "/inference.GRPCInferenceService/"
_OPEN_CALLS = frozenset(_SERVICE + name for name in ("ServerLive", "ServerReady", "ModelReady"))

_logger = logging.getLogger(__name__)


def token_from(environ: Mapping[str, str]) -> Token | None:
    """Return the token of the environment, if one is set.

    Raises
    ------
    ConfigError
        If it is too short to be one, or holds what a header cannot carry.
    """
    text = environ.get(TOKEN)
    return None if text is None else Token.read(text, variable=TOKEN)


class Gate:
    """Lets REST requests through that carry the token, or ask how the server is.

    Parameters
    ----------
    token : Token
    counts : Counts
        Is told of every refusal.
    app : ASGI application
        What answers the others.
    """

    def __init__(self, token: Token, counts: Counts, app: App) -> None:
        self._token, self._counts, self._app = token, counts, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in routes.OPEN:
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        if self._token.opens(value for name, value in headers if name == b"authorization"):
            await self._app(scope, receive, send)
            return
        self._counts.answered("rest", 401)
        ids = [(name, value) for name, value in headers if name == REQUEST_ID]
        _log("rest", 401, request_id=b"".join(value for _, value in ids[:1]))
        await send({"type": "http.response.start", "status": 401, "headers": [*_HEADERS, *ids[:1]]})
        await send({"type": "http.response.body", "body": _BODY})


class RpcGate(grpc.aio.ServerInterceptor):
    """Lets gRPC calls through that carry the token, or ask how the server is.

    Parameters
    ----------
    token : Token
    counts : Counts
        Is told of every refusal.
    """

    def __init__(self, token: Token, counts: Counts) -> None:
        self._token, self._counts = token, counts
        # A call whose messages nobody reads: what a stranger sends takes no memory.
        self._refusal = grpc.stream_unary_rpc_method_handler(self._refuse)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        """Return what answers one call."""
        sent = (
            value.encode()
            for name, value in handler_call_details.invocation_metadata
            if name == "authorization"
        )
        if handler_call_details.method in _OPEN_CALLS or self._token.opens(sent):
            return await continuation(handler_call_details)
        return self._refusal

    async def _refuse(self, _requests: object, context: Context) -> Message:
        code = grpc.StatusCode.UNAUTHENTICATED
        self._counts.answered("grpc", code.name)
        _log("grpc", code.name)
        await context.abort(code, _WHY)


def _log(protocol: str, code: int | str, request_id: bytes = b"") -> None:
    fields = {"id": request_id.decode("latin-1"), "protocol": protocol, "code": code}
    _logger.debug("answered", extra={"fields": fields | {"error": _WHY}})
