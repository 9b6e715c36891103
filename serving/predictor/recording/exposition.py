"""What Prometheus hears of the prediction log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from serving import metrics
from serving.predictor.recording.recorder import Recorder


def families(recorder: Recorder) -> Iterator[Metric]:
    """Give every metric of a recorder; the backlog's only while its folder can be read."""
    yield CounterMetricFamily(metrics.RECORDED, "Units recorded.", value=recorder.log.n_recorded)
    unrecorded = CounterMetricFamily(
        metrics.UNRECORDED, "Units scored and not recorded.", labels=["reason"]
    )
    for reason, count in recorder.log.n_unrecorded.items():
        unrecorded.add_metric([reason], count)
    yield unrecorded
    yield CounterMetricFamily(metrics.AUDITED, "Units to be audited.", value=recorder.n_audited)
    try:
        waiting = recorder.log.backlog()
    except OSError:
        return
    seconds = waiting.seconds(datetime.now(UTC))
    yield GaugeMetricFamily(metrics.BACKLOG_BYTES, "Not in the store.", value=waiting.n_bytes)
    yield GaugeMetricFamily(metrics.BACKLOG_SECONDS, "Age of the oldest of it.", value=seconds)
