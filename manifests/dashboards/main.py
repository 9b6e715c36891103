"""The four dashboards, from top to bottom, and the files that Grafana reads."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from string import ascii_uppercase

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    Panel,
    RowPanel,
)
from grafana_foundation_sdk.models.prometheus import Dataquery

from manifests.dashboards import (
    alerts,
    bundles,
    champion,
    drift,
    inspection,
    live,
    monitor,
    outcomes,
    readings,
    record,
    requests,
    risk,
    runs,
    saturation,
    sensors,
    variables,
)

FOLDER = Path(__file__).parents[2] / "helm/secom/files/dashboards"


def service() -> Dashboard:
    """Whether clients are served, and how well."""
    return (
        _dashboard("Service", hours=6)
        .with_row(Row("Now"))
        .with_panel(saturation.replicas_now())
        .with_panel(requests.rate_now())
        .with_panel(requests.errors_now())
        .with_panel(requests.slowest_now())
        .with_panel(saturation.units_now())
        .with_panel(record.lag_now())
        .with_row(Row("Rate, errors, duration"))
        .with_panel(requests.rates())
        .with_panel(requests.answers())
        .with_panel(requests.errors())
        .with_panel(requests.latencies())
        .with_panel(requests.stages())
        .with_panel(requests.spread().span(24))
        .with_row(Row("Saturation"))
        .with_panel(saturation.queue())
        .with_panel(saturation.rejected())
        .with_panel(saturation.scored())
        .with_row(Row("What answers"))
        .with_panel(bundles.now())
        .with_panel(bundles.answering())
        .with_row(Row("Prediction log"))
        .with_panel(record.written().span(6))
        .with_panel(record.unwritten().span(6))
        .with_panel(record.backlog().span(6))
        .with_panel(record.lag().span(6))
    )


def model() -> Dashboard:
    """Whether the champion is any good, and whether the lab can follow."""
    return (
        _dashboard("Model", hours=7 * 24)
        .with_row(Row("Now"))
        .with_panel(inspection.flagged_now())
        .with_panel(inspection.capacity_now())
        .with_panel(live.auc_now())
        .with_panel(live.promised_now())
        .with_panel(live.state_now())
        .with_panel(risk.drifting_now())
        .with_row(Row("Risk"))
        .with_panel(risk.spread())
        .with_panel(risk.quantiles())
        .with_panel(risk.psi())
        .with_row(Row("Inspection"))
        .with_panel(inspection.share())
        .with_panel(inspection.persists())
        .with_panel(inspection.counts())
        .with_row(Row("Live performance"))
        .with_panel(live.auc())
        .with_panel(live.capture())
        .with_panel(live.escapes())
        .with_panel(live.calibration())
        .with_row(Row("Outcomes"))
        .with_panel(live.state().span(6))
        .with_panel(outcomes.joined().span(6))
        .with_panel(outcomes.taken().span(6))
        .with_panel(outcomes.late().span(6))
    )


def data() -> Dashboard:
    """Whether the line still sends what the champion was trained on."""
    return (
        _dashboard("Data", hours=7 * 24)
        .with_variable(variables.sensor())
        .with_row(Row("Now"))
        .with_panel(drift.drifting_now())
        .with_panel(drift.excess_now())
        .with_panel(drift.windows_now())
        .with_panel(drift.newest_now())
        .with_panel(readings.missing_now())
        .with_panel(outcomes.unmatched_now())
        .with_row(Row("Drift"))
        .with_panel(drift.share())
        .with_panel(drift.drifting())
        .with_row(Row("Sensors that drift most"))
        .with_panel(sensors.top_psi())
        .with_panel(sensors.worst())
        .with_row(Row("Readings"))
        .with_panel(sensors.top_missing())
        .with_panel(readings.missing())
        .with_panel(readings.out_of_reference())
        .with_row(Row("Sensor $sensor"))
        .with_panel(sensors.psi())
        .with_panel(sensors.shift())
        .with_panel(sensors.missing())
        .with_panel(sensors.drifts())
    )


def lifecycle() -> Dashboard:
    """How the champion came to be, and whether the loop that renews it runs."""
    return (
        _dashboard("Lifecycle", hours=30 * 24)
        .with_row(Row("Now"))
        .with_panel(champion.now())
        .with_panel(bundles.age_now())
        .with_panel(runs.going_now())
        .with_panel(runs.failures_now())
        .with_panel(runs.refusals_now())
        .with_panel(alerts.firing_now())
        .with_row(Row("Champion"))
        .with_panel(champion.history())
        .with_panel(champion.changes())
        .with_panel(bundles.answering())
        .with_row(Row("Runs"))
        .with_panel(runs.ended())
        .with_panel(runs.asked_for())
        .with_row(Row("Alerts"))
        .with_panel(alerts.history())
        .with_row(Row("Monitor"))
        .with_panel(monitor.round_now().span(3).height(8))
        .with_panel(monitor.set_aside_now().span(3).height(8))
        .with_panel(monitor.there().span(6))
        .with_panel(monitor.rounds().span(6))
        .with_panel(monitor.answers().span(6))
    )


DASHBOARDS: tuple[Callable[[], Dashboard], ...] = (service, model, data, lifecycle)


def files() -> dict[Path, str]:
    """Return each file that Grafana reads, and what it must hold."""
    return {FOLDER / f"{build.__name__}.json": _json(build()) for build in DASHBOARDS}


def _dashboard(title: str, *, hours: int) -> Dashboard:
    """Begin a dashboard, with what is the same on all of them."""
    others = (
        DashboardLink("SECOM")
        .type(DashboardLinkType.DASHBOARDS)
        .tags(["secom"])
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
    )
    return (
        Dashboard(f"SECOM / {title}")
        .uid(f"secom-{title.lower()}")
        .tags(["secom"])
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(f"now-{hours}h", "now")
        .timezone("browser")
        .refresh("1m")
        .link(others)
        .with_variable(variables.datasource())
        .with_variable(variables.namespace())
        .with_variable(variables.model())
        .annotation(alerts.annotation())
    )


def _json(builder: Dashboard) -> str:
    built = builder.build()
    # Numbered here: left to Grafana, links to a panel would not last.
    for number, panel in enumerate(built.panels or [], start=1):
        panel.id_val = number
        for letter, target in zip(ascii_uppercase, _asked(panel), strict=False):
            target.ref_id = letter
    return JSONEncoder(sort_keys=True, indent=1).encode(built) + "\n"


def _asked(panel: Panel | RowPanel) -> list[Dataquery]:
    targets = panel.targets if isinstance(panel, Panel) else None
    return [target for target in targets or [] if isinstance(target, Dataquery)]


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text)
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
