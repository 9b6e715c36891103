"""What the monitor tells Prometheus, as the demonstration reads it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from pipelines.demo.story import Bounded
from secom_core.errors import RunError
from serving import metrics

_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.1
_N_TOP = 5

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Scrape:
    """Every sample of one look, by name and labels."""

    samples: Mapping[str, Mapping[Labels, float]]

    def value(self, name: str, **labels: str) -> float | None:
        """Return one sample; None if it is not there."""
        return self.samples.get(name, {}).get(frozenset(labels.items()))

    def bounded(self, name: str, **labels: str) -> Bounded | None:
        """Return a figure with its interval; None if it is not there."""
        value, low, high = (
            self.value(name, bound=bound, **labels) for bound in ("value", "low", "high")
        )
        return None if value is None or low is None or high is None else (value, low, high)

    def top_sensors(self) -> tuple[tuple[str, float], ...]:
        """Return the sensors that drift farthest, with their PSI."""
        psi = {dict(labels)["sensor"]: v for labels, v in self._of(metrics.SENSOR_PSI)}
        drifting = [dict(labels)["sensor"] for labels, v in self._of(metrics.SENSOR_DRIFTING) if v]
        farthest = sorted(drifting, key=lambda sensor: -psi[sensor])[:_N_TOP]
        return tuple((sensor, psi[sensor]) for sensor in farthest)

    def state(self) -> str:
        """Return the state that live performance is in; empty before the first round."""
        found = [dict(labels)["state"] for labels, v in self._of(metrics.LIVE_STATE) if v]
        return found[0] if found else ""

    def champion(self) -> str:
        """Return the digest of the champion that the monitor watches; empty if none."""
        return next((dict(labels)["digest"] for labels, _ in self._of(metrics.CHAMPION)), "")

    def _of(self, name: str) -> list[tuple[Labels, float]]:
        return list(self.samples.get(name, {}).items())


def scrape(http: urllib3.PoolManager, url: str) -> Scrape:
    """Look at the monitor's metrics once."""
    text = http.request("GET", f"{url}/metrics").data.decode()
    samples: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return Scrape(samples)


def wait_for_window(
    http: urllib3.PoolManager, url: str, *, champion: str, n_windows: int
) -> Scrape:
    """Wait until the monitor has judged so many windows of a champion.

    Raises
    ------
    RunError
        If it does not come to that.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        seen = scrape(http, url)
        is_champion = seen.champion() == champion
        if is_champion and (seen.value(metrics.DRIFT_WINDOWS) or 0) >= n_windows:
            return seen
        time.sleep(_POLL_SECONDS)
    message = f"the monitor has not judged window {n_windows} within {_WAIT_SECONDS:.0f} seconds."
    raise RunError(message)
