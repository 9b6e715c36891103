"""How much work the server takes on, and where it is done.

Most requests take a fraction of a millisecond, less than handing them to a thread would: they are
answered on the event loop in the order in which they arrived. Long ones go to one thread, whose
steps leave the interpreter's lock often, so that short ones pass them by. Both queues are bounded,
and so are the bytes of bodies that are held; what does not fit is turned away at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Self, TypeVar

from serving.predictor.errors import BusyError
from serving.predictor.limits import Limits

P = ParamSpec("P")
T = TypeVar("T")

QUEUE, MEMORY, LONG_REQUESTS = FULL = ("queue", "memory", "long requests")
"""What may be full."""
LONG_BYTES = 2**20
"""A request larger than this is long: some 10 ms of decoding and judging."""


class Work:
    """Admits requests and runs long ones.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.arrived: Collection[object] = ()
        """Requests over HTTP that have arrived and are not answered; the server sets it."""
        self.calls: set[object] = set()
        """The same over gRPC; its server fills it."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="long-requests")
        self._n_yielding = self._n_long = self._n_bytes = 0

    async def queue_up(self) -> None:
        """Take a place in the queue when more have arrived than it holds.

        Each waits for one round of the event loop, so that those behind it find it counted.

        Raises
        ------
        BusyError
            If all places are taken.
        """
        if self._n_yielding >= self.limits.queue:
            raise BusyError(QUEUE)
        self._n_yielding += 1
        try:
            await asyncio.sleep(0)
        finally:
            self._n_yielding -= 1

    def hold(self) -> Held:
        """Return what holds a body while it is read and judged."""
        return Held(self)

    def take(self, n_bytes: int) -> None:
        """Count bytes as held, negative ones as let go.

        Raises
        ------
        BusyError
            If there is no room for them.
        """
        if n_bytes > 0 and self._n_bytes + n_bytes > self.limits.held_bytes:
            raise BusyError(MEMORY)
        self._n_bytes += n_bytes

    async def run_long(self, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Run `function` in the thread for long requests, when its turn comes.

        Raises
        ------
        BusyError
            If too many wait already.
        """
        if self._n_long >= self.limits.long_queue:
            raise BusyError(LONG_REQUESTS)
        self._n_long += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, lambda: function(*args, **options))
        finally:
            self._n_long -= 1

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(cancel_futures=True)


class Held:
    """Bytes of one body, held until the block ends."""

    def __init__(self, work: Work) -> None:
        self._work, self._size = work, 0

    def grow(self, n_bytes: int) -> None:
        """Hold `n_bytes` more.

        Raises
        ------
        BusyError
            If there is no room for them.
        """
        self._work.take(n_bytes)
        self._size += n_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._work.take(-self._size)
