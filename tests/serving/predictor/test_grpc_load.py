"""Too much or too slowly over gRPC, which by itself bounds neither memory nor patience."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import pytest

from secom_core.bundle import Bundle
from serving import metrics
from serving.predictor.counts import Counts
from serving.predictor.errors import BusyError
from serving.predictor.framework import pb
from serving.predictor.grpc_service import GrpcService
from serving.predictor.limits import Limits
from serving.predictor.model import Predictor
from serving.predictor.work import Work
from tests.serving.predictor.test_counts import asked
from tests.serving.running import Running, running

INFER = "/inference.GRPCInferenceService/ModelInfer"
READY = "/inference.GRPCInferenceService/ServerReady"
ALONE = [("grpc.use_local_subchannel_pool", 1)]  # else channels of a process share a connection


@pytest.fixture(scope="module")
def small(bundle_folder: Path) -> Iterator[Running]:
    """A server with little patience and room for two of the largest messages."""
    limits = {
        "max_body_bytes": 16 * 2**20,
        "max_held_bytes": 32 * 2**20,
        "body_seconds": 1.0,
        "max_queue": 32,
    }
    with running(bundle_folder, **limits) as started:
        yield started
        status, log = started.stop()
        assert status == 0
        assert [line["message"] for line in log] == ["stopping", "stopped"]


@contextmanager
def stalled(channel: grpc.Channel, n_calls: int) -> Iterator[Sequence[Any]]:
    """Begin calls whose message does not come."""
    end = threading.Event()

    def nothing() -> Iterator[bytes]:
        end.wait(60)
        yield from ()

    try:
        yield [channel.stream_unary(INFER).future(nothing()) for _ in range(n_calls)]
    finally:
        end.set()


def message(n_units: int, *, model: str = "secom") -> bytes:
    """Return an inference request for units."""
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="readings", datatype="FP64", shape=[n_units, 590]
    )
    raw = np.zeros((n_units, 590)).tobytes()
    request = pb.ModelInferRequest(model_name=model, inputs=[tensor], raw_input_contents=[raw])
    return bytes(request.SerializeToString())


def test_calls_that_send_nothing_lose_their_places(small: Running):
    """Those beyond the queue at once, the others in time; then whoever asks is answered again."""
    before = asked(small)
    with grpc.insecure_channel(small.grpc) as channel:
        with stalled(channel, 40) as calls:
            refusals = Counter((call.code(), call.details()) for call in calls)
        answer = channel.unary_unary(INFER)(message(1), timeout=10)
    after = asked(small)

    assert answer
    assert refusals == {
        (grpc.StatusCode.DEADLINE_EXCEEDED, "the message did not arrive within 1 s."): 32,
        (grpc.StatusCode.RESOURCE_EXHAUSTED, str(BusyError("queue"))): 8,
    }
    full = f"{metrics.REJECTED}[('reason', 'queue')]"
    assert after[full] - before[full] == 8
    assert after[metrics.QUEUE_DEPTH] == 1  # who asks for it


def test_a_call_without_a_message_is_answered(small: Running):
    """A client that ends its call before a message hears what is missing."""
    with grpc.insecure_channel(small.grpc) as channel:
        refused = channel.stream_unary(INFER).future(iter(()), timeout=10)

        assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert refused.details() == "the bytes sent are no ModelInferRequest."


def test_a_client_that_hangs_up_is_forgotten(small: Running):
    """Its calls leave neither a place taken nor a line in the log."""
    with grpc.insecure_channel(small.grpc) as channel:
        for _ in range(3):
            with stalled(channel, 25) as calls:
                # Health has places of its own: it is answered, and after the calls have begun.
                assert channel.unary_unary(READY)(b"", timeout=10) == b"\x08\x01"
                for call in calls:
                    call.cancel()
            assert channel.unary_unary(INFER)(message(1), timeout=10)


def test_nothing_is_kept_of_a_message_that_was_refused(small: Running):
    """However many come and however large they are."""
    process = psutil.Process(small.process.pid)
    wrong = message(3000, model="other")
    with grpc.insecure_channel(small.grpc) as channel:
        seen = []
        for _ in range(40):
            with pytest.raises(grpc.RpcError) as refused:
                channel.unary_unary(INFER)(wrong, timeout=10)
            assert refused.value.code() is grpc.StatusCode.NOT_FOUND
            seen.append(process.memory_info().rss)

    assert seen[-1] < seen[3] + 150 * 2**20


def test_many_large_messages_do_not_fill_the_memory(small: Running):
    """Two are received at a time, what does not fit is turned away, and memory stays flat."""
    process = psutil.Process(small.process.pid)
    large = message(3000)
    assert 13 * 2**20 < len(large) < 16 * 2**20
    with ExitStack() as stack:
        infers = [
            stack.enter_context(grpc.insecure_channel(small.grpc, options=ALONE)).unary_unary(INFER)
            for _ in range(6)
        ]
        for infer in infers:
            infer(large, timeout=30)
        most = before = process.memory_info().rss
        calls = [infers[number % 6].future(large) for number in range(30)]
        while not all(call.done() for call in calls):
            most = max(most, process.memory_info().rss)
            threading.Event().wait(0.01)
        codes = {call.code() for call in calls}
        answer = infers[0](message(1), timeout=10)

    assert codes <= {
        grpc.StatusCode.OK,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
    assert most < before + 300 * 2**20
    assert answer


def test_a_large_message_counts_as_held_while_it_is_judged(served: Bundle):
    """With REST's bodies together: what does not fit beside them is turned away."""
    work = Work(Limits())
    counts = Counts(served, served.reference, work)
    predictor = Predictor(served, served.reference, counts, name_prefix="test")
    service = GrpcService(None, predictor, work, counts)
    request = pb.ModelInferRequest.FromString(message(300))
    others = work.limits.held_bytes - 2**20

    work.take(others)
    with pytest.raises(BusyError, match="memory"):
        asyncio.run(service.ModelInfer(request, None))
    work.take(-others)

    assert asyncio.run(service.ModelInfer(request, None)).model_version == served.digest
    work.take(work.limits.held_bytes)  # nothing is held any more
    work.close()
