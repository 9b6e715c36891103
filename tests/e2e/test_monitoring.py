"""What the release gives Prometheus, Alertmanager and the lab, as those take it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest

from pipelines.demo.line import Made
from secom_core.dataset import Units
from serving import metrics
from serving.monitor import routes
from tests.e2e import watching
from tests.e2e.cluster import until
from tests.e2e.monitor import ALERTMANAGER, LAB, Monitor
from tests.e2e.release import Installed

pytestmark = pytest.mark.e2e


@pytest.fixture
def monitor(installed: Installed) -> Monitor:
    """The monitor of the release."""
    return Monitor(installed.release)


def _answered(monitor: Monitor, route: str, code: int) -> float:
    """Return how often the monitor answered so, as it says itself."""
    said = monitor.get(routes.METRICS).raise_for_status().text
    counted = [line for line in said.splitlines() if line.startswith(metrics.MONITOR_REQUESTS)]
    wanted = (f'route="{route}"', f'code="{code}"')
    return sum(float(line.split()[-1]) for line in counted if all(one in line for one in wanted))


def test_prometheus_takes_the_rules(installed: Installed):
    """Each is evaluated, and none fails."""
    namespace = installed.release.namespace

    def healthy() -> bool:
        found = watching.rules(namespace)
        return bool(found) and all(rule["health"] == "ok" for rule in found)

    until(healthy, seconds=180, what="healthy rules in Prometheus")
    assert {rule["type"] for rule in watching.rules(namespace)} == {"recording", "alerting"}


def test_prometheus_scrapes_the_monitor(installed: Installed):
    """It looks again and again, and says when it last did."""
    asked = f'{metrics.MONITOR_CYCLE_TIME}{{namespace="{installed.release.namespace}"}}'

    until(lambda: watching.query(asked), seconds=180, what="a round of the monitor in Prometheus")


def test_alertmanager_brings_alerts_of_the_release_to_the_monitor(
    installed: Installed, monitor: Monitor
):
    """With the token of the Secret, so that the monitor takes it."""
    release = installed.release
    receiver = f"{release.namespace}/secom-monitor/monitor"
    until(lambda: receiver in watching.receivers(), seconds=180, what="a receiver in Alertmanager")
    before = _answered(monitor, routes.ALERTS, 200)

    with watching.alerting(release.namespace, model=release.name):
        until(
            lambda: _answered(monitor, routes.ALERTS, 200) > before,
            seconds=180,
            what="an alert that the monitor took",
        )


def test_the_lab_brings_outcomes_with_its_own_token(monitor: Monitor, twin: Units):
    """It is let in, and neither somebody without a token nor Alertmanager is."""
    made = Made(units=twin.window(slice(0, 1)), ids=(f"unit-{secrets.token_hex(4)}",))

    def sent(token: str) -> int:
        return monitor.tell(made, at=datetime.now(UTC), token=token).status_code

    assert sent("") == 401
    assert sent(monitor.token(ALERTMANAGER)) == 401
    assert sent(monitor.token(LAB)) == 202
