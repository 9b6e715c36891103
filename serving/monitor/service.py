"""What the routes work with."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from starlette.requests import Request

from secom_core.config import TrainingConfig
from secom_core.errors import StandbyError
from serving.monitor.asking import Asking
from serving.monitor.counts import Counts
from serving.monitor.deliveries import Deliveries
from serving.monitor.lease import Lease
from serving.monitor.rate import Bucket
from serving.monitor.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the routes work with.

    Parameters
    ----------
    tokens : Tokens
    lease : Lease
    deliveries : Deliveries
    bucket : Bucket
        Of outcomes.
    asking : Asking
    config : TrainingConfig
        Of a training for which nobody wants other parameters.
    counts : Counts
    registry : CollectorRegistry
        What Prometheus is told.
    """

    tokens: Tokens
    lease: Lease
    deliveries: Deliveries
    bucket: Bucket
    asking: Asking
    config: TrainingConfig
    counts: Counts
    registry: CollectorRegistry


def of(request: Request) -> Service:
    """Return what a request's route works with."""
    service: Service = request.app.state.service
    return service


def sender(request: Request) -> tuple[str, str]:
    """Return the name of the token that a request carries, and the address that it came from."""
    return request.scope["token"], request.client.host if request.client else ""


def require_lead(lease: Lease) -> None:
    """Refuse to act if another monitor may be acting.

    Raises
    ------
    StandbyError
    """
    if not lease.is_held:
        message = (
            "another monitor holds the lease, or the object store is away: nothing is taken in "
            "here now. Send it again."
        )
        raise StandbyError(message)
