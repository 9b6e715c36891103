"""What the server counts, in a form that costs a request next to nothing.

A request appends what it did to a queue; arithmetic is done on many requests at once, every so
many units and whenever Prometheus asks. Readings, which take room, are counted before long; risks
and times, where the cost is the call, only when there are a thousand. One process counts for
itself: replicas are pods of their own, each of which Prometheus asks.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from secom_core.bundle import Bundle, Verdicts
from secom_core.drift import ReferenceProfile
from serving import metrics
from serving.predictor import bundle_metrics
from serving.predictor.recording import exposition
from serving.predictor.recording.recorder import Recorder
from serving.predictor.work import FULL, Work

T = TypeVar("T")

STAGES = ("decode", "judge", "encode", "whole")

FAULT: Mapping[str, str | int] = {"rest": 500, "grpc": "UNKNOWN"}
"""What is answered, by protocol, if something goes wrong that nobody foresaw."""

_SECONDS = np.array([1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000]) * 1e-4
_RISKS = np.array([0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0])
_UNITS_AT_ONCE = 32  # 150 KB of readings: more would push what the next request needs out of cache
_RISKS_AT_ONCE = _REQUESTS_AT_ONCE = 1024


class Histogram:
    """Counts of values by bucket, and their sum.

    Parameters
    ----------
    bounds : ndarray
        Upper bounds of the buckets in ascending order; one without bound comes last.
    """

    def __init__(self, bounds: np.ndarray) -> None:
        self._bounds = bounds
        self._counts = np.zeros(bounds.size + 1, dtype=np.int64)
        self._sum = 0.0

    def add(self, values: np.ndarray) -> None:
        """Count values."""
        self._counts += np.bincount(
            np.searchsorted(self._bounds, values), minlength=self._counts.size
        )
        self._sum += float(values.sum())

    def buckets(self) -> tuple[list[tuple[str, float]], float]:
        """Return cumulated counts by upper bound, and the sum, as Prometheus has them."""
        bounds = [*(f"{bound:g}" for bound in self._bounds), "+Inf"]
        return list(zip(bounds, self._counts.cumsum().tolist(), strict=True)), self._sum


class Counts(Collector):
    """Counts requests and units.

    Parameters
    ----------
    bundle : Bundle
    reference : ReferenceProfile
        Says which readings are out of range.
    work : Work
        Says how many requests wait.
    recorder : Recorder, optional
        Says what is recorded.
    """

    def __init__(
        self,
        bundle: Bundle,
        reference: ReferenceProfile,
        work: Work,
        recorder: Recorder | None = None,
    ) -> None:
        self._low, self._high, self._work = reference.low, reference.high, work
        self._recorder = recorder
        self._of_bundle = list(bundle_metrics.families(bundle))
        self._lock = threading.Lock()
        self._judged: deque[np.ndarray] = deque()
        self._verdicts: deque[Verdicts] = deque()
        self._took: deque[tuple[str, Sequence[float]]] = deque()
        self._n_judged = self._n_verdicts = 0
        # From the start, for a rate knows nothing of a first increase from nowhere.
        self._answers: Counter[tuple[str, str | int]] = Counter(dict.fromkeys(FAULT.items(), 0))
        self._rejected = Counter(dict.fromkeys(FULL, 0))
        self._scored = self._flagged = self._readings = self._missing = self._out = 0
        self._risk = Histogram(_RISKS)
        self._seconds = {
            (protocol, stage): Histogram(_SECONDS)
            for protocol in ("rest", "grpc")
            for stage in STAGES
        }

    def judged(self, readings: np.ndarray, verdicts: Verdicts) -> None:
        """Count units; from any thread."""
        self._judged.append(readings)
        self._verdicts.append(verdicts)
        self._n_judged += len(readings)
        if self._n_judged >= _UNITS_AT_ONCE:
            self._add_readings()
        self._n_verdicts += len(readings)
        if self._n_verdicts >= _RISKS_AT_ONCE:
            self._add_verdicts()

    def answered(self, protocol: str, code: str | int) -> None:
        """Count an answer."""
        self._answers[protocol, code] += 1

    def took(self, protocol: str, seconds: Sequence[float]) -> None:
        """Count how long the stages of a request took, in the order of `STAGES`."""
        self._took.append((protocol, seconds))
        if len(self._took) >= _REQUESTS_AT_ONCE:
            self._add_times()

    def rejected(self, what_is_full: str) -> None:
        """Count a request that was turned away."""
        self._rejected[what_is_full] += 1

    def _add_readings(self) -> None:
        with self._lock:
            self._n_judged = 0
            tables = _emptied(self._judged)
            if not tables:
                return
            readings = tables[0] if len(tables) == 1 else np.concatenate(tables)
            self._scored += len(readings)
            self._readings += readings.size
            self._missing += int(np.count_nonzero(np.isnan(readings)))
            for out in (readings < self._low, readings > self._high):
                self._out += int(np.count_nonzero(out))

    def _add_verdicts(self) -> None:
        with self._lock:
            self._n_verdicts = 0
            verdicts = _emptied(self._verdicts)
            if verdicts:
                self._risk.add(np.concatenate([each.risk for each in verdicts]))
                flagged = np.concatenate([each.flagged for each in verdicts])
                self._flagged += int(np.count_nonzero(flagged))

    def _add_times(self) -> None:
        with self._lock:
            took = _emptied(self._took)
            for of in ("rest", "grpc"):
                seconds = np.array([stages for protocol, stages in took if protocol == of])
                for stage, values in zip(STAGES, seconds.T, strict=False):
                    self._seconds[of, stage].add(values)

    def collect(self) -> Iterator[Metric]:
        """Give Prometheus every metric."""
        self._add_readings()
        self._add_verdicts()
        self._add_times()
        yield from self._of_requests()
        for name, text, value in (
            (metrics.SCORED, "Units scored.", self._scored),
            (metrics.FLAGGED, "Units flagged for inspection.", self._flagged),
            (metrics.READINGS, "Readings scored, measured or not.", self._readings),
            (metrics.MISSING, "Readings that were not measured.", self._missing),
            (metrics.OUT_OF_REFERENCE, "Readings outside the reference window's.", self._out),
        ):
            yield CounterMetricFamily(name, text, value=value)
        buckets, total = self._risk.buckets()
        yield HistogramMetricFamily(metrics.RISK, "Risks.", buckets=buckets, sum_value=total)
        yield from self._of_bundle
        if self._recorder:
            yield from exposition.families(self._recorder)

    def _of_requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            metrics.REQUESTS, "Inference requests answered.", labels=["protocol", "code"]
        )
        for labels, count in self._answers.items():
            requests.add_metric([str(label) for label in labels], count)
        yield requests
        rejected = CounterMetricFamily(metrics.REJECTED, "Requests turned away.", labels=["reason"])
        for reason, count in self._rejected.items():
            rejected.add_metric([reason], count)
        yield rejected
        yield GaugeMetricFamily(
            metrics.QUEUE_DEPTH,
            "Requests not answered.",
            len(self._work.arrived) + len(self._work.calls),
        )
        seconds = HistogramMetricFamily(
            metrics.STAGE_SECONDS, "What a request takes.", labels=["protocol", "stage"]
        )
        for of, histogram in self._seconds.items():
            buckets, total = histogram.buckets()
            seconds.add_metric(list(of), buckets, total)
        yield seconds


def _emptied(queue: deque[T]) -> list[T]:
    """Take out what is in a queue now; another thread may put in more meanwhile."""
    return [queue.popleft() for _ in range(len(queue))]
