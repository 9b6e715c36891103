"""A monitor in the same process: real, but for its loop, Kubeflow and the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from secom_core.config import TrainingConfig
from serving.bearer import Token
from serving.monitor.app import build_app
from serving.monitor.asking import Asking
from serving.monitor.asks import Policy, TrainingData
from serving.monitor.counts import Counts
from serving.monitor.deliveries import Deliveries
from serving.monitor.lease import Lease
from serving.monitor.outcome_book import OutcomeBook
from serving.monitor.rate import Bucket
from serving.monitor.service import Service, require_lead
from serving.monitor.tokens import Tokens
from tests.serving.monitor.asgi import Client
from tests.serving.monitor.clocks import Clock
from tests.serving.monitor.launchers import Shelf

LAB, ALERTMANAGER = "m" * 16, "a" * 16


@pytest.fixture
def clock():
    """Of lease and rate."""
    return Clock()


@pytest.fixture
def shelf():
    """What starts pipelines."""
    return Shelf()


@pytest.fixture
def service(store, clock, shelf):
    """A monitor that leads, without its loop."""
    lease = Lease(store, holder="here:8090", clock=clock)
    lease.renew()
    asking = Asking(
        store,
        shelf,
        data=lambda: TrainingData(address="s3://secom/data/snapshots/1", digest="d" * 64),
        n_fails=lambda: 0,
        policy=Policy(cooldown=timedelta(hours=24), new_fails=10, arguments={}),
        require_lead=lambda: require_lead(lease),
        new_id=lambda: datetime.now(UTC).isoformat(),
    )
    counts = Counts(lambda: asking.known, lambda: lease.is_held)
    registry = CollectorRegistry()
    registry.register(counts)
    return Service(
        tokens=Tokens(
            monitor=Token(LAB.encode(), "monitor"), alerts=Token(ALERTMANAGER.encode(), "alerts")
        ),
        lease=lease,
        deliveries=Deliveries(store, OutcomeBook(store)),
        bucket=Bucket(100, per_second=1, clock=clock),
        asking=asking,
        config=TrainingConfig(),
        counts=counts,
        registry=registry,
    )


@pytest.fixture
def client(service):
    """Whoever asks; an exception that no answer was made of fails the test."""
    return Client(build_app(service))


@pytest.fixture
def lab(client):
    """The lab and its engineers."""
    client.headers["authorization"] = f"Bearer {LAB}"
    return client


@pytest.fixture
def alertmanager(client):
    """What delivers alerts."""
    client.headers["authorization"] = f"Bearer {ALERTMANAGER}"
    return client
