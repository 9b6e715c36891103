"""What Prometheus hears of the bundle that answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from secom_core.bundle import Bundle
from serving import metrics


def families(bundle: Bundle) -> Iterator[Metric]:
    """Give what is known of a bundle; when it was trained only where its lineage says so."""
    trained_at = bundle.lineage.trained_at if bundle.lineage else ""
    info = {
        "digest": bundle.digest,
        "run_id": bundle.run_id,
        "data_digest": bundle.data_digest,
        "trained_at": trained_at,
    }
    name = metrics.BUNDLE.removesuffix("_info")
    yield InfoMetricFamily(name, "The bundle that answers.", value=info)
    seconds = _since_1970(trained_at)
    if seconds is not None:
        yield GaugeMetricFamily(metrics.BUNDLE_TRAINED, "When it was trained.", value=seconds)
    capacity = bundle.operating_point.max_inspection_rate
    yield GaugeMetricFamily(metrics.CAPACITY, "Share that the lab can inspect.", value=capacity)


def _since_1970(text: str) -> float | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if time.tzinfo is None else time.timestamp()
