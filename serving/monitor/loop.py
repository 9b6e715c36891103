"""What the monitor does by itself: it holds the lease, and looks at everything again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from secom_core.errors import SecomError
from serving.monitor.asking import Asking
from serving.monitor.counts import Counts
from serving.monitor.lease import RENEWAL_SECONDS, Lease
from serving.monitor.state import Latest, Rounds

_STANDBY_SECONDS = 0.5

_logger = logging.getLogger(__name__)


class Loop:
    """Rounds, one after the other, while the lease is held.

    Parameters
    ----------
    lease : Lease
    rounds : Rounds
    asking : Asking
    latest : Latest
        Gets what each round found.
    counts : Counts
        Is told of trainings that the monitor itself starts.
    """

    def __init__(
        self, lease: Lease, rounds: Rounds, *, asking: Asking, latest: Latest, counts: Counts
    ) -> None:
        self._lease, self._rounds, self._asking = lease, rounds, asking
        self._latest, self._counts = latest, counts
        self._is_leading: bool | None = None  # nobody knows before the first look

    async def hold(self, stopping: asyncio.Event) -> None:
        """Hold the lease until told to stop."""
        await _again_and_again((self._renew,), stopping, pause_seconds=lambda: RENEWAL_SECONDS)

    async def look(self, stopping: asyncio.Event, *, every_seconds: float) -> None:
        """Do rounds until told to stop; one that is going is ended."""
        steps = (self._settle, self._round)
        await _again_and_again(
            steps,
            stopping,
            # Whoever comes to lead begins at once.
            pause_seconds=lambda: every_seconds if self._lease.is_held else _STANDBY_SECONDS,
        )

    def _renew(self) -> None:
        try:
            self._lease.renew()
        finally:
            if self._lease.is_held is not self._is_leading:
                self._is_leading = self._lease.is_held
                _logger.info("leading" if self._is_leading else "standing by")

    def _settle(self) -> None:
        if self._lease.is_held:
            self._asking.settle(now=self._lease.now())

    def _round(self) -> None:
        if not self._lease.is_held:
            self._latest.clear()  # whoever holds it tells what there is to see
            return
        now = self._lease.now()
        self._latest.put(self._rounds.run(now))
        answer = self._asking.train_on_outcomes(now=now)
        if answer:
            self._counts.asked("outcomes", answer.word)


async def _again_and_again(
    steps: Sequence[Callable[[], None]],
    stopping: asyncio.Event,
    *,
    pause_seconds: Callable[[], float],
) -> None:
    while not stopping.is_set():
        for step in steps:
            task = asyncio.create_task(asyncio.to_thread(step))
            await asyncio.wait({task})
            _log(step.__name__.strip("_"), task.exception())
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause_seconds())


def _log(step: str, fault: BaseException | None) -> None:
    """Tell of what went wrong. Even a defect ends no more than this step: the next may do."""
    if isinstance(fault, SecomError):
        _logger.warning("step failed", extra={"fields": {"step": step, "reason": str(fault)}})
    elif fault:
        _logger.error("step broke", exc_info=fault, extra={"fields": {"step": step}})
