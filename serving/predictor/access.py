"""Who may ask: with a token set, whoever sends it; without one, everybody, at no cost.

Health and metrics stay open: the kubelet's probes and Prometheus carry no token, and nothing there
tells of a unit.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Self

import grpc

from secom_core.errors import ConfigError
from serving.predictor import routes
from serving.predictor.body import JSON, Receive
from serving.predictor.counts import Counts
from serving.predictor.framework import Context, Message
from serving.predictor.rest import REQUEST_ID, App, Scope, Send

TOKEN = "SECOM_TOKEN"  # noqa: S105 - a variable's name
"""The token's environment variable: a command line can be read by whoever is on the machine."""

_SHORTEST = 16
_FORM = re.compile(rf"[A-Za-z0-9._~+/-]{{{_SHORTEST},}}=*")  # what a header can carry: RFC 6750

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


@dataclass(frozen=True, slots=True)
class Token:
    """What a client must send.

    Parameters
    ----------
    value : bytes
        Never shown.
    """

    value: bytes = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self | None:
        """Return the token of the environment, if one is set.

        Raises
        ------
        ConfigError
            If it is too short to be one, or holds what a header cannot carry.
        """
        text = environ.get(TOKEN)
        if text is None:
            return None
        if not _FORM.fullmatch(text):
            message = (
                f"{TOKEN} must be {_SHORTEST} or more letters, digits or -._~+/ without spaces or "
                f"line ends, got {len(text)} characters that are not. "
                "Make one with `openssl rand -hex 32`, or unset it to let everybody ask."
            )
            raise ConfigError(message)
        return cls(text.encode())

    def opens(self, sent: Iterable[bytes]) -> bool:
        """Tell whether the Authorization headers of a request are this token, and once."""
        match list(sent):
            case [header]:
                scheme, _, token = header.partition(b" ")
                return scheme.lower() == b"bearer" and compare_digest(token.strip(), self.value)
        return False


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
