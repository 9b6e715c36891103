"""Asking over gRPC, on channels that each hold a connection of their own."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from dataclasses import dataclass

import grpc
import numpy as np

from serving.predictor.framework import pb
from tests.e2e.traffic.asking import Answer, ClosedError, FailedError, Questions

_GRACE_SECONDS = 5.0
_METHOD = "/inference.GRPCInferenceService/ModelInfer"
_OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),  # whoever repeats here also counts
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
]


@dataclass(slots=True, eq=False)
class _Line:
    channel: grpc.aio.Channel
    asked: int = 0

    @property
    def is_ready(self) -> bool:
        return self.channel.get_state() == grpc.ChannelConnectivity.READY


class RpcAsker:
    """Asks with raw tensors, on some channels in turn.

    Parameters
    ----------
    host : str
    port : int
    questions : Questions
    connections : int
        How many are kept.
    uses : int
        Requests after which a channel is replaced: a new one sees which pods there are.
    """

    def __init__(
        self, host: str, port: int, questions: Questions, *, connections: int, uses: int
    ) -> None:
        self._target, self._uses = f"{host}:{port}", uses
        self._requests = [_request(unit) for unit in questions.readings]
        self._lines = deque(self._new() for _ in range(connections))
        self._closing: list[asyncio.Task[None]] = []

    async def ask(self, number: int, *, is_repeat: bool) -> Answer:
        """Ask about one unit, if it is a repeat on a channel that stands."""
        line = self._take(prefer_ready=is_repeat)
        line.asked += 1
        is_last = line.asked == self._uses
        if is_last:
            self._lines[self._lines.index(line)] = self._new()
        try:
            ask = line.channel.unary_unary(_METHOD)  # bytes in, bytes out
            return _answer(await ask(self._requests[number]))
        except grpc.aio.AioRpcError as exc:
            message = f"{exc.code().name}: {exc.details()}"
            # The server never says so itself: it is gRPC's word for a connection that is gone.
            is_closed = exc.code() == grpc.StatusCode.UNAVAILABLE
            raise (ClosedError if is_closed else FailedError)(message) from exc
        finally:
            if is_last:  # what else is asked on it finishes
                self._closing.append(asyncio.create_task(line.channel.close(_GRACE_SECONDS)))

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(*self._closing, *(line.channel.close() for line in self._lines))

    def _new(self) -> _Line:
        return _Line(grpc.aio.insecure_channel(self._target, options=_OPTIONS))

    def _take(self, *, prefer_ready: bool) -> _Line:
        """Return the channel whose turn it is, or the next one that stands."""
        self._lines.rotate(-1)
        ready = (line for line in self._lines if line.is_ready)
        return next(ready, self._lines[0]) if prefer_ready else self._lines[0]


def _request(unit: list[float | None]) -> bytes:
    readings = np.array([unit], dtype=np.float64)  # None becomes NaN
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="readings", shape=readings.shape, datatype="FP64"
    )
    return pb.ModelInferRequest(
        model_name="secom", inputs=[tensor], raw_input_contents=[readings.tobytes()]
    ).SerializeToString()


def _answer(content: bytes) -> Answer:
    said = pb.ModelInferResponse.FromString(content)
    raw = dict(zip((output.name for output in said.outputs), said.raw_output_contents, strict=True))
    if "risk" not in raw:
        message = f"no risk among the outputs {sorted(raw)}"
        raise FailedError(message)
    return Answer(said.model_version, struct.unpack("<d", raw["risk"])[0])
