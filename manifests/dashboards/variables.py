"""What may be chosen above a dashboard."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import VariableRefresh, VariableSort

from manifests.dashboards import look, query
from serving import metrics


def datasource() -> dashboard.DatasourceVariable:
    """Which Prometheus."""
    return (
        dashboard.DatasourceVariable("datasource")
        .label("Prometheus")
        .description("Where the figures are asked for.")
        .type("prometheus")
    )


def namespace() -> dashboard.QueryVariable:
    """Which release."""
    return _queried(
        "namespace",
        label="Namespace",
        description="Where the release is installed.",
        asked=f"label_values({metrics.BUNDLE}, namespace)",
    )


def model() -> dashboard.QueryVariable:
    """Which of its InferenceServices: a predictor's pod begins with the name."""
    return _queried(
        "model",
        label="Model",
        description="The InferenceService whose predictors are shown.",
        asked=f'label_values({metrics.BUNDLE}{{namespace="$namespace"}}, pod)',
    ).regex("/^(.+)-predictor-/")


def sensor() -> dashboard.QueryVariable:
    """Which sensors, to look at their history."""
    return (
        _queried(
            "sensor",
            label="Sensor",
            description="Whose history is shown at the bottom; a click on a bar chooses it too.",
            asked=f"label_values({query.monitor(metrics.SENSOR_PSI)}, sensor)",
        )
        .sort(VariableSort.NATURAL_ASC)
        .multi(multi=True)
    )


def _queried(name: str, *, label: str, description: str, asked: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(look.SOURCE)
        .query(asked)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )
