"""The monitor's own health."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.models import units

from manifests.dashboards import look, marks, query
from manifests.rules.monitor import SILENT_AFTER_SECONDS
from serving import metrics


def round_now() -> stat.Panel:
    """Show whether it keeps looking."""
    last = query.judged(metrics.MONITOR_CYCLE_TIME)
    return (
        look.figure(
            "Last round",
            unit=units.Seconds,
            description="Time since the monitor last finished reading and judging. Beyond some "
            "minutes, everything it says is old: look at its log.",
        )
        .thresholds(marks.steps(marks.GOOD, (SILENT_AFTER_SECONDS, marks.BAD)))
        .with_target(look.asked_now(query.age(last), "ago"))
    )


def set_aside_now() -> stat.Panel:
    """Show how much it cannot read."""
    return (
        look.figure(
            "Objects set aside",
            unit=units.Short,
            description="Objects of the prediction log that are damaged, and whose units are in no "
            "figure here. Nothing but 0 is fine; the monitor's log names them.",
        )
        .thresholds(marks.steps(marks.GOOD, (1, marks.BAD)))
        .with_target(look.asked_now(query.judged(metrics.SET_ASIDE), "objects"))
    )


def rounds() -> timeseries.Panel:
    """Show whether rounds succeed."""
    asked = query.total(query.increase(query.monitor(metrics.MONITOR_CYCLES), "5m"), "result")
    return look.graph(
        "Rounds in five minutes",
        unit=units.Short,
        description="Rounds of reading and judging, by result. Failed ones are tried again; "
        "failing on and on, the store is out of reach or holds something damaged.",
    ).with_target(look.asked(asked, "{{result}}"))


def answers() -> timeseries.Panel:
    """Show what it answers."""
    answered = query.monitor(metrics.MONITOR_REQUESTS, 'route=~"/v1/.+"')
    asked = query.total(query.rate(answered), "route", "code")
    return look.graph(
        "Requests to the monitor",
        unit=units.RequestsPerSecond,
        description="By route and code. 401 is a wrong token: of the lab's for outcomes, of "
        "Alertmanager's for alerts. 503 is a store or Kubeflow out of reach.",
    ).with_target(look.asked(asked, "{{route}} {{code}}"))


def there() -> statetimeline.Panel:
    """Show whether it is up, and leads."""
    panel = look.states(
        "Monitors",
        description="Each monitor's strips are coloured while Prometheus reaches it, and while "
        "it holds the lease. One leads at a time; nobody for long, and nothing is judged.",
    ).mappings([marks.yes_or_no(yes=marks.GOOD, no=marks.BAD)])
    for metric, legend in (("up", "{{pod}} up"), (metrics.MONITOR_LEADS, "{{pod}} leads")):
        panel = panel.with_target(look.asked(query.known(query.monitor(metric), "pod"), legend))
    return panel
