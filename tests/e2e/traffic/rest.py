"""Asking over REST: HTTP/1.1 on plain sockets, so that a close is seen for what it is."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from tests.e2e.traffic.asking import Answer, ClosedError, FailedError, Questions

_CONNECT_SECONDS = 1.0


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answered: int = 0

    @property
    def is_open(self) -> bool:
        return not (self.reader.at_eof() or self.reader.exception() or self.writer.is_closing())


class RestAsker:
    """Asks in JSON, on some connections in turn.

    Parameters
    ----------
    host : str
    port : int
    questions : Questions
    connections : int
        How many are kept.
    uses : int
        Requests after which a connection is replaced: a new one sees which pods there are.
    """

    def __init__(
        self, host: str, port: int, questions: Questions, *, connections: int, uses: int
    ) -> None:
        self._host, self._port = host, port
        self._requests = [_request(f"{host}:{port}", unit) for unit in questions.readings]
        self._connections, self._uses = connections, uses
        self._idle: deque[_Connection] = deque()
        self._n_open = 0

    async def ask(self, number: int, *, is_repeat: bool) -> Answer:
        """Ask about one unit, if it is a repeat on a connection that stands."""
        connection = await self._take(prefer_open=is_repeat)
        is_reusable = False
        try:
            head, body = await self._exchange(connection, self._requests[number])
            is_reusable = b"\r\nconnection: close" not in head.lower()
        finally:
            self._give_back(connection, is_reusable=is_reusable)
        status = head.split(b" ", 2)[1].decode()
        if status != "200":
            message = f"status {status}: {body[:200].decode(errors='replace')}"
            raise FailedError(message)
        return _answer(body)

    async def close(self) -> None:
        """Hang up."""
        for connection in self._idle:
            connection.writer.close()
            with suppress(OSError):  # its pod may be gone
                await connection.writer.wait_closed()

    async def _take(self, *, prefer_open: bool) -> _Connection:
        self._discard_closed()
        if self._idle and (prefer_open or self._n_open >= self._connections):
            return self._idle.popleft()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except OSError as exc:  # a timeout is one
            message = f"not connected: {exc or type(exc).__name__}"
            raise ClosedError(message) from exc
        self._n_open += 1
        return _Connection(reader, writer)

    def _discard_closed(self) -> None:
        for connection in [one for one in self._idle if not one.is_open]:
            self._idle.remove(connection)
            self._drop(connection)

    def _give_back(self, connection: _Connection, *, is_reusable: bool) -> None:
        connection.answered += 1
        if is_reusable and connection.answered < self._uses:
            self._idle.append(connection)
        else:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        connection.writer.close()
        self._n_open -= 1

    @staticmethod
    async def _exchange(connection: _Connection, request: bytes) -> tuple[bytes, bytes]:
        try:
            connection.writer.write(request)
            await connection.writer.drain()
            received = await connection.reader.read(2**16)
        except OSError as exc:
            message = f"closed: {exc}"
            raise ClosedError(message) from exc
        if not received:
            message = "closed without an answer"
            raise ClosedError(message)
        try:
            head, body = await _rest_of_head(connection.reader, received)
            missing = _length(head) - len(body)
            return head, body + await connection.reader.readexactly(missing)
        except (OSError, EOFError) as exc:
            message = f"closed within an answer: {exc}"
            raise FailedError(message) from exc


async def _rest_of_head(reader: asyncio.StreamReader, received: bytes) -> tuple[bytes, bytes]:
    while b"\r\n\r\n" not in received:
        more = await reader.read(2**16)
        if not more:
            message = "no end of the headers"
            raise EOFError(message)
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    message = f"no content-length in {head!r}"
    raise FailedError(message)


def _request(authority: str, unit: list[float | None]) -> bytes:
    tensor = {"name": "readings", "shape": [1, len(unit)], "datatype": "FP64", "data": unit}
    body = json.dumps({"inputs": [tensor]}).encode()
    head = (
        "POST /v2/models/secom/infer HTTP/1.1\r\n"
        f"host: {authority}\r\n"
        "content-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(body: bytes) -> Answer:
    try:
        said = json.loads(body)
        risk = next(output["data"][0] for output in said["outputs"] if output["name"] == "risk")
        return Answer(said["model_version"], risk)
    except (ValueError, LookupError, TypeError, StopIteration) as exc:
        message = f"no answer of the protocol: {body[:200]!r}"
        raise FailedError(message) from exc
