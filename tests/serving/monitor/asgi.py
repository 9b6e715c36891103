"""A client of an application in the same process."""

import asyncio

import httpx


class Client:
    """Sends one request at a time; an exception that no answer was made of is raised here.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app):
        self._app = app
        self.headers = {}

    def request(self, method, path, *, headers=(), **content):
        """Send a request and return its answer."""
        sent = [*self.headers.items(), *(headers.items() if isinstance(headers, dict) else headers)]
        return asyncio.run(self._request(method, path, sent, content))

    def get(self, path):
        """Read."""
        return self.request("GET", path)

    def post(self, path, **content):
        """Send a body."""
        return self.request("POST", path, **content)

    async def _request(self, method, path, headers, content):
        transport = httpx.ASGITransport(self._app, client=("10.0.0.7", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://monitor") as client:
            return await client.request(method, path, headers=headers, **content)
