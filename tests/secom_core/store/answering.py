"""A server that answers as an object store would, once it is told how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ACCESS_KEY, SECRET_KEY = "an-access-key", "a-secret-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; `is_cut_short` promises more bytes than it sends."""

    status: int = 200
    code: str = ""
    kind: str = "application/xml"
    text: str = ""
    is_cut_short: bool = False
    is_lost: bool = False

    @property
    def body(self) -> bytes:
        """S3's form of an error, unless there is a text."""
        error = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>" if self.code else ""
        return (self.text or error).encode()


@dataclass(slots=True, kw_only=True)
class Answering:
    """What was asked, and where to ask."""

    endpoint: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """By which a store finds this server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }


@contextmanager
def answering(answers: Sequence[Answer]) -> Iterator[Answering]:
    """Run a server that gives these answers in turn, the last one for ever."""
    remaining = list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.asked.append((self.command, self.path))
            answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
            self.close_connection = True
            if answer.is_lost:
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body) + 100 * answer.is_cut_short))
            self.send_header("ETag", '"a-tag"')
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_PUT = do_HEAD = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        seen = Answering(endpoint=f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield seen
        finally:
            server.shutdown()
