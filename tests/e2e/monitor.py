"""The monitor of a release, asked as the lab and Alertmanager ask it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from pipelines.demo.line import Made
from secom_core.outcomes import Outcome
from serving.monitor import routes
from tests.e2e.cluster import get, kubectl, service_ip
from tests.e2e.release import Release

LAB, ALERTMANAGER = "SECOM_MONITOR_TOKEN", "SECOM_ALERTS_TOKEN"
"""Whose token is whose, by its name in the Secret."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """The monitor of a release."""

    release: Release

    @property
    def address(self) -> str:
        """Where it answers, as seen from this machine."""
        return f"http://{service_ip(self._name, self.release.namespace)}:8090"

    def token(self, whose: str) -> str:
        """Return a bearer token of the release's Secret."""
        data = get("secret", self._name, f"--namespace={self.release.namespace}")["data"]
        return base64.b64decode(data[whose]).decode()

    def post(self, path: str, content: Any, *, token: str) -> httpx.Response:
        """Send it something as JSON."""
        url = f"{self.address}{path}"
        return httpx.post(url, json=content, headers=_bearing(token), timeout=30)

    def tell(self, made: Made, *, at: datetime, token: str) -> httpx.Response:
        """Say how units did at final test."""
        found = zip(made.ids, made.units.is_fail.tolist(), strict=True)
        lines = [
            json.dumps(Outcome(unit_id=name, is_fail=is_fail, found_at=at).to_json())
            for name, is_fail in found
        ]
        headers = _bearing(token) | {"content-type": "application/x-ndjson"}
        url, content = f"{self.address}{routes.OUTCOMES}", "\n".join(lines).encode()
        return httpx.post(url, content=content, headers=headers, timeout=30)

    def get(self, path: str, *, token: str = "") -> httpx.Response:
        """Ask it something."""
        return httpx.get(f"{self.address}{path}", headers=_bearing(token), timeout=30)

    def figure(self, metric: str) -> float:
        """Return what it says of a metric without labels."""
        said = self.get(routes.METRICS).raise_for_status().text
        return next(
            float(line.split()[1]) for line in said.splitlines() if line.startswith(f"{metric} ")
        )

    def kill(self) -> None:
        """End its pod so that it can tidy up nothing; another one comes."""
        scope = f"--namespace={self.release.namespace}"
        selector = "--selector=app.kubernetes.io/component=monitor"
        kubectl("delete", "pod", scope, selector, "--force", "--grace-period=0")

    def delivered(self) -> dict[str, str]:
        """Return what it did first, by the alert that was brought to its present pod."""
        scope = f"--namespace={self.release.namespace}"
        log = kubectl("logs", f"deployment/{self._name}", scope)
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        told = [line for line in lines if line["message"] == "alerts delivered"]
        return {name: line["answer"] for line in reversed(told) for name in line["firing"]}

    @property
    def _name(self) -> str:
        return f"{self.release.name}-monitor"


def _bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}
