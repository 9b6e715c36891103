"""What Prometheus is given, and what it must make of it, in the form that promtool reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from manifests.rules import rule

NAMESPACE, RELEASE, MODEL, RUNBOOK = "fab", "line-3", "secom", "https://wiki.fab/runbook"
PREDICTOR, MONITOR = f"{NAMESPACE}/{RELEASE}-predictor", f"{NAMESPACE}/{RELEASE}-monitor"

PLAIN = "it fires"

Series = Mapping[str, str]
"""Values over time, in promtool's notation, by series."""


def predictor(metric: str, values: str, *, pod: str = "a", **labels: str) -> dict[str, str]:
    """A series of one replica of the predictor."""
    return _series(metric, values, job=PREDICTOR, pod=f"predictor-{pod}", **labels)


def monitor(metric: str, values: str, *, pod: str = "a", **labels: str) -> dict[str, str]:
    """A series of the monitor, or of a second one."""
    return _series(metric, values, job=MONITOR, pod=f"monitor-{pod}", **labels)


def leads(values: str = "1x9000", *, pod: str = "a") -> dict[str, str]:
    """Whether a monitor holds the lease."""
    return monitor("secom_monitor_leads", values, pod=pod)


def counting(*pieces: tuple[int, float]) -> str:
    """Values of a counter: so many samples, each so much more than the one before."""
    texts, value = [], 0.0
    for n_samples, step in pieces:
        texts.append(f"{value:g}+{step:g}x{n_samples - 1}")
        value += n_samples * step
    return " ".join(texts)


def _series(metric: str, values: str, **labels: str) -> dict[str, str]:
    named = labels | {"namespace": NAMESPACE, "instance": labels["pod"]}
    inside = ",".join(f'{name}="{value}"' for name, value in named.items())
    return {f"{metric}{{{inside}}}": values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fires:
    """An alert that fires, and did not yet a moment before.

    Parameters
    ----------
    alert : str
    given : mapping
    at : int
        Sample at which it fires; at the sample before it is silent.
    severity, summary, description : str
    labels : mapping
        Beyond those that every alert has.
    also_without : tuple of str
        Metrics without which it fires as well; without any other of the given it is silent.
    until : int, optional
        A later sample at which it still fires, word for word.
    every : str
        Time between samples, and between evaluations.
    why : str
        What is special. Only the plainest case of an alert is also tried with less than is given.
    """

    alert: str
    given: Series
    at: int
    severity: str
    summary: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict)
    also_without: tuple[str, ...] = ()
    until: int | None = None
    every: str = "1m"
    why: str = PLAIN

    def tests(self) -> Iterator[dict[str, Any]]:
        """Yield promtool's tests: it fires, and each thing that is missing or foreign."""
        yield _test(self, self.why, self.given, self._expected())
        if self.why == PLAIN:
            yield from self._less()
            yield from self._led()

    def _less(self) -> Iterator[dict[str, Any]]:
        for gone in sorted({series.partition("{")[0] for series in self.given}):
            rest = {at: v for at, v in self.given.items() if at.partition("{")[0] != gone}
            if gone not in self.also_without:
                yield _test(self, f"{gone} is absent", rest, {self.at: []})
        foreign = {at.replace(f'"{NAMESPACE}/', '"other/'): v for at, v in self.given.items()}
        if self.alert not in ALWAYS:
            yield _test(self, "another release's", foreign, {self.at: []})
            yield _test(self, "nothing is there", {}, {self.at: []})

    def _led(self) -> Iterator[dict[str, Any]]:
        if not self.given.keys() & leads():
            return
        yield _test(self, "nobody leads", dict(self.given) | leads("0x9000"), {self.at: []})
        # What it knew last is enough to set off or to keep down anything.
        former = {at.replace('"monitor-a"', '"monitor-z"'): "1e6x9000" for at in self.given}
        former |= leads("0x9000", pod="z")
        why = "a monitor that led before says otherwise"
        yield _test(self, why, dict(self.given) | former, self._expected())

    def _expected(self) -> dict[int, list[dict[str, Any]]]:
        fires = {self.at} | ({self.until} if self.until else set())
        return {self.at - 1: []} | {at: [self._alert()] for at in sorted(fires)}

    def _alert(self) -> dict[str, Any]:
        labels = {"namespace": NAMESPACE, "model": MODEL, "severity": self.severity}
        return {
            "exp_labels": labels | self.labels,
            "exp_annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{RUNBOOK}#{self.alert.lower()}",
            },
        }


ALWAYS = {"SecomMonitorDown"}
"""Alerts of things that are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """An alert that does not fire, though a simpler rule would.

    Parameters
    ----------
    alert : str
    why : str
    given : mapping
    at : int
        Sample at which it is silent.
    every : str
    """

    alert: str
    why: str
    given: Series
    at: int
    every: str = "1m"

    def tests(self) -> Iterator[dict[str, Any]]:
        """Yield promtool's test."""
        yield _test(self, self.why, self.given, {self.at: []})


Case = Fires | Silent


def still(case: Fires, *, why: str, given: Series, **changes: Any) -> Fires:
    """Another case that fires alike."""
    return replace(case, why=why, given=given, **changes)


def filled(text: str) -> str:
    """The rules as the chart gives them to Prometheus."""
    for name, value in {
        rule.NAMESPACE: NAMESPACE,
        rule.RELEASE: RELEASE,
        rule.MODEL: MODEL,
        rule.RUNBOOK: RUNBOOK,
    }.items():
        text = text.replace(name, value)
    return text


def to_promtool(cases: list[Case], *, rules: str) -> dict[str, Any]:
    """A file of promtool's tests, of cases that are sampled alike."""
    (every,) = {case.every for case in cases}
    return {
        "rule_files": [rules],
        "evaluation_interval": every,
        "tests": [test for case in cases for test in case.tests()],
    }


def _test(
    case: Case, what: str, given: Series, expected: Mapping[int, list[Any]]
) -> dict[str, Any]:
    number, unit = int(case.every[:-1]), case.every[-1]
    return {
        "name": f"{case.alert}: {what}",
        "interval": case.every,
        "input_series": [{"series": at, "values": values} for at, values in given.items()],
        "alert_rule_test": [
            {"eval_time": f"{at * number}{unit}", "alertname": case.alert, "exp_alerts": alerts}
            for at, alerts in expected.items()
        ],
    }
