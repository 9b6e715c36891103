"""Whether somebody looks at all."""

from __future__ import annotations

from manifests.rules.predictor import UP
from manifests.rules.rule import Alert
from manifests.rules.selecting import monitor
from serving import metrics

SILENT_AFTER_SECONDS = 15 * 60


def monitor_down() -> Alert:
    """Tell that no monitor can be scraped."""
    return Alert(
        name="SecomMonitorDown",
        expr=f"absent(sum({monitor(UP)} == 1))",
        hold="10m",
        severity="ticket",
        summary="The monitor is down",
        description="""
            Prometheus has not reached it for 10 minutes: nobody watches drift and performance,
            takes in outcomes, or starts trainings. Predictions go on. Dashboard Lifecycle: monitor.
        """,
    )


def rounds_fail() -> Alert:
    """Tell that the monitor runs, and sees nothing."""
    done = monitor(metrics.MONITOR_CYCLE_TIME)
    return Alert(
        name="SecomMonitorRoundsFail",
        # The second part is for one that started when nothing could be read.
        expr=f"""
            time() - max({done}) > {SILENT_AFTER_SECONDS}
            or (max({monitor(UP)}) == 1 unless max({done}))
        """,
        hold="5m",
        severity="ticket",
        summary="The monitor does not get to the end of a round",
        description="""
            No round has succeeded for 15 minutes, or none since it started: drift and performance
            on the dashboards are out of date, and alerts about them do not come. Dashboard
            Lifecycle: monitor.
        """,
    )
