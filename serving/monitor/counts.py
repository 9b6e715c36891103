"""What the monitor counts of its own doing; what it sees of the line is shown elsewhere."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from serving import metrics
from serving.monitor.asks import Word
from serving.monitor.launching import BATCH, TRAINING
from serving.monitor.runs import Run

Labels = TypeVar("Labels", bound=tuple[str, ...])

_SOURCES = ("alert", "request", "outcomes")
_WORDS: tuple[Word, ...] = (
    "started",
    "duplicate",
    "running",
    "cooling_down",
    "nothing_new",
    "queued",
    "ignored",
)
_ENDINGS = {
    TRAINING: ("promoted", "kept", "none", "failed", "rolled_back"),
    BATCH: ("done", "failed"),
}


class Counts(Collector):
    """Counts requests, and reads off the runs what became of them.

    Parameters
    ----------
    runs : callable
        Gives all runs, oldest first; None while they are not known.
    leads : callable
        Whether this monitor holds the lease.
    """

    def __init__(
        self, runs: Callable[[], Collection[Run] | None], leads: Callable[[], bool]
    ) -> None:
        self._runs, self._leads = runs, leads
        self._answers: Counter[tuple[str, str]] = Counter()
        # From the start, for a rate knows nothing of a first increase from nowhere.
        self._asked = Counter(dict.fromkeys(itertools.product(_SOURCES, _WORDS), 0))

    def answered(self, route: str, code: int) -> None:
        """Count an answer."""
        self._answers[route, str(code)] += 1

    def asked(self, source: str, word: Word) -> None:
        """Count what became of a request for a training."""
        self._asked[source, word] += 1

    def collect(self) -> Iterator[Metric]:
        """Give Prometheus the counts."""
        yield _family(
            CounterMetricFamily(
                metrics.MONITOR_REQUESTS, "Requests answered.", labels=["route", "code"]
            ),
            self._answers,
        )
        yield _family(
            CounterMetricFamily(
                metrics.RETRAINS_ASKED, "Requests for a training.", labels=["source", "answer"]
            ),
            self._asked,
        )
        yield GaugeMetricFamily(
            metrics.MONITOR_LEADS, "1 where this monitor holds the lease.", value=self._leads()
        )
        # Until they are known there are none, not no ones: from 0 they would seem to rise.
        if (runs := self._runs()) is not None:
            yield from _of_runs(runs)


def _of_runs(runs: Collection[Run]) -> Iterator[Metric]:
    ended = Counter({(name, each): 0 for name, endings in _ENDINGS.items() for each in endings})
    ended.update(
        (run.intent.pipeline, run.ending)
        for run in runs
        if run.ending and run.ending != "abandoned"
    )
    yield _family(
        CounterMetricFamily(
            metrics.RUNS, "Pipeline runs that ended.", labels=["pipeline", "outcome"]
        ),
        ended,
    )
    going = Counter({(TRAINING,): 0, (BATCH,): 0})
    going.update((run.intent.pipeline,) for run in runs if run.is_going)
    yield _family(
        GaugeMetricFamily(metrics.RUNS_GOING, "Pipeline runs that go on.", labels=["pipeline"]),
        going,
    )
    endings = [run.ending for run in runs if run.is_training and run.ending]
    yield GaugeMetricFamily(
        metrics.RETRAIN_FAILURES,
        "Trainings in a row that failed.",
        value=_in_a_row(endings, {"failed", "rolled_back"}),
    )
    yield GaugeMetricFamily(
        metrics.RETRAIN_REFUSALS,
        "Trainings in a row whose challenger the gate did not let through.",
        value=_in_a_row(endings, {"kept", "none"}),
    )


def _in_a_row(endings: list[str], wanted: set[str]) -> int:
    return len(list(itertools.takewhile(wanted.__contains__, reversed(endings))))


def _family(
    family: CounterMetricFamily | GaugeMetricFamily, counts: Mapping[Labels, int]
) -> Metric:
    for labels, count in tuple(counts.items()):
        family.add_metric(labels, count)
    return family
