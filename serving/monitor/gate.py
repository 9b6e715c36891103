"""In front of every route: who may ask, and a count of every answer."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.bearer import Token
from serving.monitor import routes
from serving.monitor.answers import answer
from serving.monitor.counts import Counts
from serving.monitor.tokens import Tokens

# The same to whoever sends none, another scheme, a wrong token, or asks for what is not there.
_UNKNOWN = answer(401, {"error": "a valid bearer token is needed."})
_UNKNOWN.headers["www-authenticate"] = 'Bearer realm="secom"'


_logger = logging.getLogger(__name__)


class Gate:
    """Lets requests through that carry the token of their route.

    Health and metrics stay open: the kubelet's probes and Prometheus carry no token, and nothing
    there tells of a unit.

    Parameters
    ----------
    app : ASGI application
    tokens : Tokens
    counts : Counts
        Is told of every answer.
    """

    def __init__(self, app: ASGIApp, *, tokens: Tokens, counts: Counts) -> None:
        self._app, self._tokens, self._counts = app, tokens, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = routes.known(scope["path"])

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counts.answered(route, message["status"])
                fields = {"route": route, "code": message["status"], "from": scope["client"]}
                _logger.debug("answered", extra={"fields": fields})
            await send(message)

        token = self._token(route)
        sent = (value for name, value in scope["headers"] if name == b"authorization")
        if route in routes.OPEN or token.opens(sent):
            scope["token"] = token.name
            await self._app(scope, receive, counted)
        else:
            await _UNKNOWN(scope, receive, counted)

    def _token(self, route: str) -> Token:
        return self._tokens.alerts if route == routes.ALERTS else self._tokens.monitor
