"""What the release gives Prometheus, Alertmanager and the lab, as those take it."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime

import httpx
import pytest

from serving import metrics
from serving.monitor import routes
from tests.e2e import watching
from tests.e2e.cluster import get, service_ip, until
from tests.e2e.release import Installed

pytestmark = pytest.mark.e2e


def _url(installed: Installed, path: str) -> str:
    return f"http://{service_ip('secom-monitor', installed.release.namespace)}:8090{path}"


def _token(installed: Installed, name: str) -> str:
    where = f"--namespace={installed.release.namespace}"
    return base64.b64decode(get("secret", "secom-monitor", where)["data"][name]).decode()


def _answered(installed: Installed, route: str, code: int) -> float:
    """Return how often the monitor answered so, as it says itself."""
    said = httpx.get(_url(installed, routes.METRICS), timeout=10).raise_for_status().text
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


def test_alertmanager_brings_alerts_of_the_release_to_the_monitor(installed: Installed):
    """With the token of the Secret, so that the monitor takes it."""
    release = installed.release
    receiver = f"{release.namespace}/secom-monitor/monitor"
    until(lambda: receiver in watching.receivers(), seconds=180, what="a receiver in Alertmanager")
    before = _answered(installed, routes.ALERTS, 200)

    with watching.alerting(release.namespace, model=release.name):
        until(
            lambda: _answered(installed, routes.ALERTS, 200) > before,
            seconds=180,
            what="an alert that the monitor took",
        )


def test_the_lab_brings_outcomes_with_its_own_token(installed: Installed):
    """It is let in, and neither somebody without a token nor Alertmanager is."""
    unit = {
        "unit_id": f"unit-{secrets.token_hex(4)}",
        "result": "pass",
        "found_at": datetime.now(UTC).isoformat(),
    }

    def sent(**headers: str) -> int:
        url = _url(installed, routes.OUTCOMES)
        headers |= {"content-type": "application/x-ndjson"}
        content = json.dumps(unit).encode()
        return httpx.post(url, content=content, headers=headers, timeout=10).status_code

    def bearer(name: str) -> str:
        return f"Bearer {_token(installed, name)}"

    assert sent() == 401
    assert sent(authorization=bearer("SECOM_ALERTS_TOKEN")) == 401
    assert sent(authorization=bearer("SECOM_MONITOR_TOKEN")) == 202
