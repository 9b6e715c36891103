"""All cores at work, results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

_Key = TypeVar("_Key")
_Result = TypeVar("_Result")

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def n_cores(quota: Path = _QUOTA) -> int:
    """Return how many cores this process may use: a container is often given fewer than exist.

    Parameters
    ----------
    quota : Path
        Linux's control group: microseconds of work, and in how many; or `max` and the latter.
    """
    cores = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):
        work, period = map(int, quota.read_text(encoding="ascii").split())
        cores = min(cores, max(1, work // period))
    return cores


def in_order(
    tasks: Iterable[tuple[_Key, Callable[[], _Result]]], n_workers: int
) -> Iterator[tuple[_Key, _Result]]:
    """Call each task in a thread and give its result with its key, in the order of the tasks.

    Only a few tasks are taken ahead of the results, so that memory does not grow with their
    number. Threads are enough: ONNX Runtime, Arrow and NumPy let go of the interpreter's lock.

    Parameters
    ----------
    tasks : iterable of (key, callable)
    n_workers : int
        Threads; at least 1.
    """
    ahead: deque[tuple[_Key, Future[_Result]]] = deque()
    pool = ThreadPoolExecutor(n_workers)
    try:
        for key, task in tasks:
            ahead.append((key, pool.submit(task)))
            if len(ahead) > 2 * n_workers:
                first, result = ahead.popleft()
                yield first, result.result()
        while ahead:
            first, result = ahead.popleft()
            yield first, result.result()
    finally:
        pool.shutdown(cancel_futures=True)
