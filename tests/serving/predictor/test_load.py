"""Too much at once, too slowly, or while the server stops: quick refusals, nothing lost."""

from __future__ import annotations

import json
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from secom_core.bundle import Bundle
from serving import metrics
from tests.serving.predictor.test_counts import asked
from tests.serving.running import Running, body_of, running

UNIT = body_of(np.zeros((1, 590)))


def http_request(body: bytes, **headers: str) -> bytes:
    """Return the bytes of an inference request."""
    lines = {"host": "localhost", "content-type": "application/json", **headers}
    if "transfer_encoding" not in lines:
        lines.setdefault("content_length", str(len(body)))
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"POST /v2/models/secom/infer HTTP/1.1\r\n{head}\r\n".encode() + body


def read_status(connection: socket.socket) -> tuple[int, bytes]:
    """Return the status of the answer that comes, and its text."""
    with closing(HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, str(answer.headers).lower().encode() + answer.read()


def connect(server: Running) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(("127.0.0.1", server.http_port), timeout=30)


@pytest.fixture(scope="module")
def small(bundle_folder: Path) -> Iterator[Running]:
    """A server with room for little."""
    limits = {
        "max_body_bytes": 3 * 2**20,
        "max_held_bytes": 4 * 2**20,
        "body_seconds": 1.5,
        "max_queue": 4,
        "max_long_queue": 1,
    }
    with running(bundle_folder, **limits) as started:
        yield started


def test_more_than_fits_is_turned_away_at_once(small: Running):
    """What fits is answered, the rest gets 503 with Retry-After, and memory does not grow."""
    process = psutil.Process(small.process.pid)
    request = http_request(json.dumps(UNIT).encode())
    statuses: list[int] = []
    before = 0
    for burst in range(6):
        connections = [connect(small) for _ in range(150)]
        for connection in connections:
            connection.sendall(request)
        for connection in connections:
            status, text = read_status(connection)
            statuses.append(status)
            assert status == 200 or b"retry-after: 1" in text
            connection.close()
        if burst == 2:
            before = process.memory_info().rss

    assert set(statuses) == {200, 503}
    assert process.memory_info().rss < before + 16 * 2**20
    assert small.post(UNIT).status_code == 200
    rejected = asked(small)[f"{metrics.REJECTED}[('reason', 'queue')]"]
    assert rejected == statuses.count(503)


def test_long_requests_have_a_queue_of_their_own(small: Running):
    """With one place for long requests, others of them are turned away; short ones are not."""
    large = json.dumps(body_of(np.zeros((500, 590)))).encode()
    assert len(large) > 2**20
    with ThreadPoolExecutor(4) as clients:
        answers = [clients.submit(small.post, large) for _ in range(12)]
        short = small.post(UNIT)
        statuses = {answer.result().status_code for answer in answers}

    assert statuses == {200, 503}
    assert short.status_code == 200


def test_bodies_that_do_not_fit_into_memory_together_are_turned_away(small: Running):
    """Each is allowed, both at once are not; when the first has gone there is room again."""
    half = http_request(b" " * (2 * 2**20 + 2**19), content_length=str(3 * 2**20))
    with connect(small) as one, connect(small) as other:
        one.sendall(half)
        other.sendall(half)
        answered, _, _ = select.select([one, other], [], [], 30)
        status, text = read_status(answered[0])
    assert status == 503
    assert b"memory" in text
    assert small.post(b" " * (2 * 2**20 + 2**19)).status_code == 400


def test_a_slow_body_is_not_waited_for(small: Running):
    """A client that stops in the middle gets 408 when its time is up."""
    with connect(small) as connection:
        connection.sendall(http_request(b"{", content_length="1000"))
        status, text = read_status(connection)

    assert status == 408
    assert b"within 1.5 s" in text


def test_a_slow_head_is_not_waited_for(small: Running):
    """A connection on which no request begins, or none gets past its head, is closed."""
    with connect(small) as silent, connect(small) as slow, connect(small) as alive:
        slow.sendall(b"POST /v2/models/secom/infer HTTP/1.1\r\nhost: ")
        for _ in range(4):  # what is answered now and then stays
            alive.sendall(http_request(json.dumps(UNIT).encode()))
            assert read_status(alive)[0] == 200
            time.sleep(1)
        assert silent.recv(1) == b""
        assert slow.recv(1) == b""
        alive.sendall(http_request(json.dumps(UNIT).encode()))
        assert read_status(alive)[0] == 200


def test_a_client_that_hangs_up_is_forgotten(small: Running):
    """Nothing is left of a request that was never completed."""
    for _ in range(20):
        with connect(small) as connection:
            connection.sendall(http_request(b"{", content_length="1000"))

    assert small.post(UNIT).status_code == 200


def test_too_large_a_body_is_refused_before_it_comes(small: Running):
    """413 as soon as the header says so; without a header, as soon as too much has come."""
    with connect(small) as connection:
        connection.sendall(http_request(b"{", content_length=str(2**40)))
        status, text = read_status(connection)
    assert status == 413
    assert b"at most 3145728" in text

    piece = b"10000\r\n" + b" " * 2**16 + b"\r\n"
    with connect(small) as connection:
        connection.sendall(http_request(b"", transfer_encoding="chunked") + piece * 49)
        assert read_status(connection)[0] == 413


def test_much_json_beside_numbers_is_too_large(server: Running):
    """What would hold the interpreter's lock for long is refused with what to send instead."""
    names = {"name": "unit_id", "shape": [1], "datatype": "BYTES", "data": ["a" * 2**23]}

    refused = server.post({"inputs": [*UNIT["inputs"], names]})

    assert refused.status_code == 413
    assert "one flat array of numbers" in refused.json()["error"]


def test_a_huge_batch_does_not_starve_single_units(server: Running):
    """Units one by one are answered while 3,000 at once are decoded and judged."""
    huge = json.dumps(body_of(np.random.default_rng(0).normal(size=(3000, 590)))).encode()
    with ThreadPoolExecutor(1) as thread, httpx.Client() as client:
        batch = thread.submit(server.post, huge)
        n_meanwhile = 0
        while not batch.done():
            assert client.post(server.infer, json=UNIT).status_code == 200
            n_meanwhile += 1

    assert batch.result().status_code == 200
    assert n_meanwhile >= 20


def test_sigterm_under_load_loses_nothing(bundle_folder: Path, served: Bundle):
    """Not ready at once, every request is answered, clients are told to go; no process is left."""
    explained = body_of(np.tile(served.golden.readings, (40, 1)), outputs=[{"name": "explanation"}])
    answered: list[int] = []
    with running(bundle_folder, drain_seconds=1.0) as server, ThreadPoolExecutor(9) as clients:
        loads = [clients.submit(_ask_until_told_to_go, server, answered) for _ in range(8)]
        _await(lambda: len(answered) > 200)
        children = psutil.Process(server.process.pid).children(recursive=True)
        long = clients.submit(server.post, explained)
        server.process.send_signal(signal.SIGTERM)
        _await(lambda: httpx.get(f"{server.http}/v2/health/ready").status_code == 503)
        still = server.post(UNIT)
        for load in loads:
            load.result()

        assert still.status_code == 200
        assert long.result().status_code == 200
        assert set(answered) == {200}
        _, log = server.process.communicate(timeout=60)
        assert server.process.returncode == 0
        assert "exception" not in log
        assert not any(child.is_running() for child in children)


def _ask_until_told_to_go(server: Running, answered: list[int]) -> None:
    with httpx.Client() as client:  # any error of a connection fails the test
        while True:
            answer = client.post(server.infer, json=UNIT)
            answered.append(answer.status_code)
            if answer.headers.get("connection") == "close":
                return


def _await(condition: object) -> None:
    end = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        threading.Event().wait(0.01)
