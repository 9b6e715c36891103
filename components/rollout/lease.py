"""One roll-out at a time: a Lease that its holder renews, and that others take when it does not.

Clocks of two machines are never compared: whoever waits looks whether the Lease changes for as
long as it is valid, by a clock of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from components.rollout.kubernetes_api import ClashError
from components.rollout.manifest import Manifest
from secom_core.errors import LostLeaseError, RolloutError

DURATION_SECONDS = 15.0
"""A holder that was killed keeps others out for so long."""
_RENEWAL_SECONDS = 4.0
# A holder gives up before others may take over, so that two never act at once.
_MARGIN_SECONDS = 3.0
_LOOK_SECONDS = 1.0


class Leases(Protocol):
    """Where Leases are kept."""

    def lease(self, name: str) -> Manifest | None:
        """Return a Lease, if it is there."""

    def write_lease(self, lease: Manifest) -> Manifest:
        """Make or change one; `ClashError` if somebody else was first."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What a Lease needs of time.

    Parameters
    ----------
    seconds : callable
        Monotonic.
    sleep : callable
        Takes seconds.
    """

    seconds: Callable[[], float]
    sleep: Callable[[float], object]


class Held:
    """A Lease that is held.

    Parameters
    ----------
    leases : Leases
    lease : mapping
        As it was written last.
    clock : Clock
    valid_until : float
        By the clock.
    """

    def __init__(
        self, leases: Leases, lease: Manifest, *, clock: Clock, valid_until: float
    ) -> None:
        self._leases, self._lease, self._clock = leases, lease, clock
        self._valid_until = valid_until

    def require(self) -> None:
        """Refuse to go on if others may have taken over.

        Raises
        ------
        LostLeaseError
        """
        if self._clock.seconds() >= self._valid_until:
            message = (
                f"the Lease {self._lease['metadata']['name']} is lost: another roll-out may be "
                "going on, so this one has stopped where it was. Look which bundle serves, and "
                "start again."
            )
            raise LostLeaseError(message)

    def renew(self) -> None:
        """Hold it for longer; if that cannot be done, it runs out by itself."""
        end = _end(self._clock)
        try:
            self._lease = self._leases.write_lease(_renewed(self._lease))
            self._valid_until = end
        except ClashError:
            self._look_who_holds_it()
        except RolloutError:
            pass  # the API server may be back before it runs out

    def release(self) -> None:
        """Let others in at once; where that cannot be done, they wait until it has run out."""
        lease = {**self._lease, "spec": {**self._lease["spec"], "holderIdentity": ""}}
        with suppress(RolloutError):
            self._leases.write_lease(lease)

    def _look_who_holds_it(self) -> None:
        """Take up our own write if its answer was lost; give up if somebody else wrote."""
        with suppress(RolloutError):
            now = self._leases.lease(self._lease["metadata"]["name"])
            if now and now["spec"].get("holderIdentity") == self._lease["spec"]["holderIdentity"]:
                self._lease = now
            else:
                self._valid_until = self._clock.seconds()


@contextmanager
def held(leases: Leases, name: str, *, holder: str, clock: Clock) -> Iterator[Held]:
    """Hold a Lease, and renew it in a thread.

    Parameters
    ----------
    leases : Leases
    name : str
    holder : str
        Nobody else's name.
    clock : Clock

    Raises
    ------
    RolloutError
        If somebody else holds it and is alive.
    """
    lease = _acquired(leases, name, holder=holder, clock=clock)
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_RENEWAL_SECONDS):
            lease.renew()

    thread = threading.Thread(target=renew, name=f"lease {name}", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        ended.set()
        thread.join()
        lease.release()


def _acquired(leases: Leases, name: str, *, holder: str, clock: Clock) -> Held:
    """Wait until the Lease is free, and take it."""
    seen, since = leases.lease(name), clock.seconds()
    while True:
        is_dead = clock.seconds() - since >= DURATION_SECONDS
        if seen is None or not seen["spec"].get("holderIdentity") or is_dead:
            end = _end(clock)
            with suppress(ClashError):
                lease = leases.write_lease(_taken(seen, name, holder=holder))
                return Held(leases, lease, clock=clock, valid_until=end)
        else:
            clock.sleep(_LOOK_SECONDS)
        now = leases.lease(name)
        if _version(now) != _version(seen):
            _require_free(now, name)
            seen, since = now, clock.seconds()


def _require_free(lease: Manifest | None, name: str) -> None:
    """Refuse if somebody has just written a Lease, and so is alive."""
    if lease and (other := lease["spec"].get("holderIdentity")):
        message = (
            f"another roll-out is going on: {other} holds the Lease {name} and renews it. "
            "Start again when it is over."
        )
        raise RolloutError(message)


def _taken(seen: Manifest | None, name: str, *, holder: str) -> dict[str, Any]:
    now = _now()
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": round(DURATION_SECONDS),
        "acquireTime": now,
        "renewTime": now,
        "leaseTransitions": (seen["spec"].get("leaseTransitions") or 0) + 1 if seen else 0,
    }
    metadata = seen["metadata"] if seen else {"name": name}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": spec,
    }


def _end(clock: Clock) -> float:
    return clock.seconds() + DURATION_SECONDS - _MARGIN_SECONDS


def _renewed(lease: Manifest) -> dict[str, Any]:
    return {**lease, "spec": {**lease["spec"], "renewTime": _now()}}


def _version(lease: Manifest | None) -> str | None:
    return lease["metadata"]["resourceVersion"] if lease else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")  # for people; nobody compares it
