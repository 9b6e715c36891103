"""Medians, quartiles and ratios of rounds, and whether they meet the targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from tests.benchmarks.cases import Case
from tests.benchmarks.rounds import Measured
from tests.benchmarks.sides import FLOOR, OURS, RECORDING, STOCK


@dataclass(frozen=True, slots=True)
class Spread:
    """A median between its quartiles."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is to be reached, and what was: ratios of rounds, larger = better for us."""

    work: str
    against: str
    wanted: float
    ratios: tuple[float, ...]

    @property
    def spread(self) -> Spread:
        """Median and quartiles of the ratio."""
        return spread(self.ratios)

    @property
    def is_met(self) -> bool:
        """Whether the lower quartile reaches what is wanted."""
        return self.spread.low >= self.wanted

    @property
    def verdict(self) -> str:
        """Say it in words."""
        return "met" if self.is_met else f"{1 - self.spread.low / self.wanted:.1%} short"

    def to_json(self) -> dict[str, object]:
        """Return all of it."""
        return {**asdict(self), "spread": asdict(self.spread), "is_met": self.is_met}


def spread(values: Sequence[float]) -> Spread:
    """Return median and quartiles."""
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return Spread(float(median), float(low), float(high))


def serving_targets(measured: Measured) -> list[Target]:
    """Compare what the rounds saw with what is wanted of a logistic regression."""
    one, hundred = Case("JSON", 1, 8), Case("JSON", 100, 8)
    binary, alone = Case("binary", 100, 8), Case("JSON", 1, 1)
    return [
        _faster(measured, one, STOCK, 12.0),
        _faster(measured, one, FLOOR, 0.8),
        Target(
            work=f"{alone}: p50",
            against=STOCK,
            wanted=8.0,
            ratios=_ratios(_p50(measured, alone, STOCK), _p50(measured, alone, OURS)),
        ),
        _faster(measured, hundred, STOCK, 8.0),
        _faster(measured, binary, FLOOR, 0.8),
        _faster(measured, Case("gRPC", 1, 8), STOCK, 3.0),
        _less("resident memory", measured.memory),
        _less("time to ready", measured.seconds_to_ready),
    ]


def recording_target(measured: Measured) -> Target:
    """Compare a server that records every unit with one that does not."""
    one = Case("JSON", 1, 8)
    recording, bare = (
        [seen.rate for seen in measured.seen[one, name]] for name in (RECORDING, OURS)
    )
    return Target(
        work=f"{one}, recording: requests/s",
        against="the same without",
        wanted=0.9,
        ratios=_ratios(recording, bare),
    )


def _faster(measured: Measured, case: Case, against: str, wanted: float) -> Target:
    ours, theirs = ([seen.rate for seen in measured.seen[case, name]] for name in (OURS, against))
    return Target(
        work=f"{case}: requests/s", against=against, wanted=wanted, ratios=_ratios(ours, theirs)
    )


def _less(work: str, by_side: dict[str, list[float]]) -> Target:
    ratios = _ratios(by_side[STOCK], by_side[OURS])
    return Target(work=work, against=STOCK, wanted=2.0, ratios=ratios)


def _p50(measured: Measured, case: Case, name: str) -> list[float]:
    return [seen.p50 for seen in measured.seen[case, name]]


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    return tuple(mine / other for mine, other in zip(ours, theirs, strict=True))
