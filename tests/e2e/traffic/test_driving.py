"""The driver itself, on servers of the loopback."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from secom_core import bundle
from secom_core.bundle import Bundle
from secom_core.dataset import Units
from tests.bundles import write_bundle
from tests.e2e.traffic.asking import Answer, ClosedError, FailedError, Questions
from tests.e2e.traffic.driving import Target, driving, questions_about
from tests.e2e.traffic.rest import RestAsker
from tests.e2e.traffic.rpc import RpcAsker
from tests.serving.running import Running, running

QUESTIONS = Questions(readings=[[1.0, None]], risks={"d": [0.5]})
ANSWER = json.dumps({"model_version": "d", "outputs": [{"name": "risk", "data": [0.5]}]}).encode()
OK = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(ANSWER)


@pytest.fixture(scope="module")
def served(twin: Units, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle that answers."""
    folder = tmp_path_factory.mktemp("bundles") / "one"
    write_bundle(twin, folder)
    return bundle.read(folder)


@pytest.fixture
def server(served: Bundle) -> Iterator[Running]:
    """A server that a test may end."""
    with running(served.path, drain_seconds=0.2) as started:
        yield started


def ask(*replies: bytes, n_times: int = 1) -> tuple[list[Answer | type[Exception]], int]:
    """Ask a server that gives one reply a request and then hangs up on whoever got the last one.

    Returns what came of each request, and the connections made.
    """

    async def talk() -> tuple[list[Answer | type[Exception]], int]:
        left, served, outcomes = iter(replies), [], []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served.append(asyncio.current_task())
            while await reader.read(2**16):
                reply = next(left, b"")
                writer.write(reply)
                if not reply.endswith(ANSWER):
                    break
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
            host, port = listening.sockets[0].getsockname()
            asker = RestAsker(host, port, QUESTIONS, connections=1, uses=3)
            for _ in range(n_times):
                try:
                    outcomes.append(await asker.ask(0, is_repeat=False))
                except (ClosedError, FailedError) as exc:
                    outcomes.append(type(exc))
            await asker.close()
            await asyncio.gather(*served)
        return outcomes, len(served)

    return asyncio.run(talk())


def test_steady_traffic_is_answered_in_full(server: Running, served: Bundle, tmp_path: Path):
    """Each request over either protocol is counted, at the rate that was asked for."""
    target = Target("127.0.0.1", server.http_port, server.grpc_port)

    with driving(target, questions_about([served]), folder=tmp_path, rate=100) as traffic:
        time.sleep(1)

    for seen in traffic.figures.values():
        assert not seen.failures
        assert seen.answers == {served.digest: seen.n_requests}
        assert 80 < seen.rate <= 110
        assert 0 < seen.p50_seconds <= seen.p99_seconds < 1


def test_channels_are_replaced_while_many_requests_are_on_them(server: Running, served: Bundle):
    """None of them is lost, although each channel serves for three only."""
    questions = questions_about([served])

    async def talk() -> list[Answer]:
        asker = RpcAsker("127.0.0.1", server.grpc_port, questions, connections=2, uses=3)
        answers = []
        for _ in range(8):
            answers += await asyncio.gather(*(asker.ask(0, is_repeat=False) for _ in range(5)))
        await asker.close()
        return answers

    assert asyncio.run(talk()) == [Answer(served.digest, questions.risks[served.digest][0])] * 40


def test_a_server_that_is_gone_is_seen_by_each_request(
    server: Running, served: Bundle, tmp_path: Path
):
    """What comes after the end of the only server is asked twice and then counted as failed."""
    target = Target("127.0.0.1", server.http_port, server.grpc_port)

    with driving(target, questions_about([served]), folder=tmp_path, rate=100) as traffic:
        killed_at = time.time()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        time.sleep(0.5)

    for seen in traffic.figures.values():
        assert 30 < len(seen.failures) <= len(seen.repeats)
        assert seen.recovery_seconds(killed_at) > 0.3


def test_a_close_before_the_first_byte_is_told_from_half_an_answer():
    """Only the former may be repeated."""
    assert ask(b"")[0] == [ClosedError]
    assert ask(OK + ANSWER[:9])[0] == [FailedError]
    assert ask(OK[:9])[0] == [FailedError]


def test_an_error_is_a_failure():
    """A status other than 200 is an answer, and the wrong one."""
    assert ask(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")[0] == [FailedError]


def test_a_connection_is_kept_for_some_requests_and_then_replaced():
    """Four requests of three uses each take two connections."""
    outcomes, connections = ask(*[OK + ANSWER] * 4, n_times=4)

    assert outcomes == [Answer("d", 0.5)] * 4
    assert connections == 2


def test_a_server_that_says_it_will_close_is_not_asked_on_that_connection_again():
    """What a draining server asks for is done, and costs no request."""
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + ANSWER
    outcomes, connections = ask(closing, OK + ANSWER, n_times=2)

    assert outcomes == [Answer("d", 0.5)] * 2
    assert connections == 2


@pytest.mark.parametrize(
    ("answer", "named"),
    [(Answer("e", 0.5), "'e'"), (Answer("d", 0.4), "0.4")],
    ids=["of another bundle", "another risk"],
)
def test_a_wrong_answer_is_a_failure(answer: Answer, named: str):
    """Who answers must be a bundle that is known, and say what it said in training."""
    with pytest.raises(FailedError, match=named):
        QUESTIONS.check(0, answer)
