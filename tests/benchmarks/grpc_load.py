"""Load over gRPC: bodies encoded beforehand, a connection of its own for each caller."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import grpc
import numpy as np

METHOD = "/inference.GRPCInferenceService/ModelInfer"


async def _caller(target: str, bodies: list[bytes], until: float) -> tuple[list[float], int]:
    """Ask one question after the other until it is time."""
    took, errors = [], 0
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        ask = channel.unary_unary(METHOD)  # bytes in, bytes out
        while (start := time.perf_counter()) < until:
            try:
                await ask(bodies[len(took) % len(bodies)])
            except grpc.RpcError:
                errors += 1
            took.append(time.perf_counter() - start)
    return took, errors


async def _load(target: str, bodies: list[bytes], connections: int, seconds: float) -> dict:
    start, cpu = time.perf_counter(), time.process_time()
    callers = [_caller(target, bodies, start + seconds) for _ in range(connections)]
    answers = await asyncio.gather(*callers)
    took = np.concatenate([took for took, _ in answers])
    return {
        "requests": took.size,
        "seconds": time.perf_counter() - start,
        "p50": float(np.quantile(took, 0.5)),
        "p99": float(np.quantile(took, 0.99)),
        "errors": sum(errors for _, errors in answers),
        "cpu": time.process_time() - cpu,
    }


def main(target: str, folder: str, connections: str, seconds: str) -> None:
    """Write what was seen as one line of JSON."""
    bodies = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    found = asyncio.run(_load(target, bodies, int(connections), float(seconds)))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
