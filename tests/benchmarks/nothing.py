"""A server that does nothing: what the load generator can ask at most shows against it."""

from __future__ import annotations

import asyncio
import re
import sys

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
_LENGTH = re.compile(rb"\ncontent-length: *(\d+)", re.IGNORECASE)


class Nothing(asyncio.Protocol):
    """Waits for the end of each request and sends the same answer."""

    def connection_made(self, transport) -> None:
        """Remember whom to answer."""
        self._transport, self._missing = transport, 0

    def data_received(self, data: bytes) -> None:
        """Count bytes down; a head comes in one piece, and clients wait for each answer."""
        if not self._missing:
            end = data.index(b"\r\n\r\n") + 4
            length = _LENGTH.search(data, 0, end)
            self._missing = end + (int(length[1]) if length else 0)
        self._missing -= len(data)
        if not self._missing:
            self._transport.write(_ANSWER)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Nothing, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
