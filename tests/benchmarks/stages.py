"""Where a request's time goes, by the server's own histogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from serving import metrics
from tests.benchmarks.sides import Side

Stages: TypeAlias = Mapping[str, tuple[float, float]]
"""Seconds in all and number of requests, by stage."""


def read(side: Side) -> Stages:
    """Return what the server has counted so far, both protocols together."""
    with urlopen(f"http://127.0.0.1:{side.http_port}/metrics", timeout=30) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    samples = [
        sample
        for family in families
        if family.name == metrics.STAGE_SECONDS
        for sample in family.samples
    ]
    return {
        stage: (_total(samples, stage, "_sum"), _total(samples, stage, "_count"))
        for stage in {sample.labels["stage"] for sample in samples}
    }


def difference(after: Stages, before: Stages) -> Stages:
    """Return what came to it in between."""
    return {
        stage: (total - before[stage][0], count - before[stage][1])
        for stage, (total, count) in after.items()
    }


def together(one: Stages, other: Stages) -> Stages:
    """Add two differences up."""
    return {
        stage: (total + other[stage][0], count + other[stage][1])
        for stage, (total, count) in one.items()
    }


def mean_microseconds(stages: Stages) -> dict[str, float]:
    """Return a request's mean time by stage."""
    return {stage: 1e6 * total / max(count, 1) for stage, (total, count) in stages.items()}


def _total(samples: list, stage: str, suffix: str) -> float:
    return sum(
        sample.value
        for sample in samples
        if sample.labels["stage"] == stage and sample.name == metrics.STAGE_SECONDS + suffix
    )
