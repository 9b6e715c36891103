"""Ask steadily over REST and gRPC until standard input closes; then write what was seen.

::

    python -m tests.e2e.traffic questions.json HOST REST_PORT GRPC_PORT RATE
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import sys
import time
from pathlib import Path

from tests.e2e.traffic.asking import Asker, ClosedError, FailedError, Questions
from tests.e2e.traffic.figures import Figures, Mishap
from tests.e2e.traffic.rest import RestAsker
from tests.e2e.traffic.rpc import RpcAsker

_ANSWER_SECONDS = 10.0
_CONNECTIONS = 16  # enough that some lead to each pod: a repeated request finds one that stands
_PAUSE_SECONDS = (
    0.05  # else a repeat may take a connection to the same pod, not yet seen to be dead
)
_USES = 50


async def _ask(asker: Asker, questions: Questions, number: int, seen: Figures) -> None:
    """Ask one question, once more if the connection closes first, and count how it ended."""
    due = time.perf_counter()
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            try:
                answer = await asker.ask(number, is_repeat=False)
            except ClosedError as exc:
                seen.repeats.append(Mishap(time.time(), str(exc)))
                await asyncio.sleep(_PAUSE_SECONDS)
                answer = await asker.ask(number, is_repeat=True)
        questions.check(number, answer)
    except (ClosedError, FailedError) as exc:
        seen.failures.append(Mishap(time.time(), str(exc)))
    except TimeoutError:
        seen.failures.append(Mishap(time.time(), f"no answer in {_ANSWER_SECONDS} s"))
    else:
        seen.latency_seconds.append(time.perf_counter() - due)
        seen.answers[answer.digest] = seen.answers.get(answer.digest, 0) + 1


async def _flow(asker: Asker, questions: Questions, rate: float, enough: asyncio.Event) -> Figures:
    """Ask whenever it is time to, whether or not earlier answers have come."""
    n_units = len(questions.readings)
    seen, start = Figures(began=time.time()), time.perf_counter()
    async with asyncio.TaskGroup() as asking:
        for turn in itertools.count():
            await asyncio.sleep(start + turn / rate - time.perf_counter())
            if enough.is_set():
                break
            asking.create_task(_ask(asker, questions, turn % n_units, seen))
    seen.ended = time.time()
    return seen


async def _drive(
    questions: Questions, host: str, ports: tuple[int, int], rate: float
) -> dict[str, Figures]:
    limits = {"connections": _CONNECTIONS, "uses": _USES}
    askers = {
        "REST": RestAsker(host, ports[0], questions, **limits),
        "gRPC": RpcAsker(host, ports[1], questions, **limits),
    }
    for asker in askers.values():
        await asker.ask(0, is_repeat=False)
    print("flowing", flush=True)  # noqa: T201 - whoever started this waits for it
    enough = asyncio.Event()
    flows = [_flow(asker, questions, rate, enough) for asker in askers.values()]
    async with asyncio.TaskGroup() as group:
        flowing = [group.create_task(flow) for flow in flows]
        await asyncio.to_thread(sys.stdin.read)
        enough.set()
    for asker in askers.values():
        await asker.close()
    return {name: flow.result() for name, flow in zip(askers, flowing, strict=True)}


def main(file: str, host: str, rest_port: str, grpc_port: str, rate: str) -> None:
    """Write a line when traffic flows, and what was seen as JSON when it has ended."""
    questions = Questions(**json.loads(Path(file).read_text()))
    ports = int(rest_port), int(grpc_port)
    seen = asyncio.run(_drive(questions, host, ports, float(rate)))
    json.dump({name: dataclasses.asdict(one) for name, one in seen.items()}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
