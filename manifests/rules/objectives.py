"""What is promised of the predictor, and how fast the budget for breaking it burns.

Over 30 days, 99.9 % of requests meet no fault of the server, and 99 % of those answered take at
most 25 ms. A budget is what may go wrong in that time; burnt at a rate of 1, it lasts for the 30
days. An alert wants a long window, so that it matters, and a short one, so that it goes on still.
"""

from __future__ import annotations

from collections.abc import Iterator

from manifests.rules.rule import Alert, Recording, Severity
from manifests.rules.selecting import predictor, recorded
from serving import metrics

FAULTS_ALLOWED, SLOW_ALLOWED = 0.001, 0.01
SLOW_ABOVE_SECONDS = 0.025
"""A bound of the histogram's."""
FEWEST = 10
"""Failed or slow requests in the long window below which a share of few requests says nothing."""

_SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21600, "1d": 86400, "3d": 259200}

# Burn rate, long window, short window: 2 % of the budget in an hour or 5 % in six; then 10 % in one
# day or in three.
_FAST = ((14.4, "1h", "5m"), (6, "6h", "30m"))
_STEADY = ((3, "1d", "2h"), (1, "3d", "6h"))

# Requests that are turned away are counted by themselves: over gRPC, their code is also that of
# requests that are too large.
FAULTS = ('code=~"5..|INTERNAL|UNKNOWN|UNAVAILABLE|DATA_LOSS"', 'code!="503"')
_FAULT, _SLOW = "secom:request_faults", "secom:slow_answers"


def recordings() -> Iterator[Recording]:
    """Yield, for each window, faults and slow answers a second, and their shares."""
    for window in _SECONDS:
        yield from _shares(_FAULT, window, _faults(window), _rate(metrics.REQUESTS, window))
        yield from _shares(_SLOW, window, _slow(window), _answers(window))


def budget_of_faults_burns_fast() -> Alert:
    """Page when so many requests fail that the budget is gone within days."""
    return _of_faults("SecomErrorBudgetBurnsFast", _FAST, "page", hold="2m")


def budget_of_faults_burns() -> Alert:
    """Write a ticket when requests fail a little too often."""
    return _of_faults("SecomErrorBudgetBurns", _STEADY, "ticket", hold="15m")


def budget_of_slowness_burns_fast() -> Alert:
    """Page when so many answers are slow that the budget is gone within days."""
    return _of_slowness("SecomLatencyBudgetBurnsFast", _FAST, "page", hold="2m")


def budget_of_slowness_burns() -> Alert:
    """Write a ticket when answers are slow a little too often."""
    return _of_slowness("SecomLatencyBudgetBurns", _STEADY, "ticket", hold="15m")


def _of_faults(name: str, pairs: _Pairs, severity: Severity, *, hold: str) -> Alert:
    return Alert(
        name=name,
        expr=_burning(_FAULT, FAULTS_ALLOWED, pairs),
        hold=hold,
        severity=severity,
        summary="The predictor fails requests faster than its objective allows",
        description=f"""
            {{{{ $value | humanizePercentage }}}} of requests meet a fault of the server or are
            turned away, {_over(pairs)}; {FAULTS_ALLOWED:.1%} may, over 30 days. Their units are not
            judged. Dashboard Service: errors, saturation.
        """,
    )


def _of_slowness(name: str, pairs: _Pairs, severity: Severity, *, hold: str) -> Alert:
    return Alert(
        name=name,
        expr=_burning(_SLOW, SLOW_ALLOWED, pairs),
        hold=hold,
        severity=severity,
        summary="The predictor answers more slowly than its objective allows",
        description=f"""
            {{{{ $value | humanizePercentage }}}} of answers take more than
            {SLOW_ABOVE_SECONDS * 1000:g} ms, {_over(pairs)}; {SLOW_ALLOWED:.0%} may, over 30 days.
            Dashboard Service: latency by stage, saturation.
        """,
    )


_Pairs = tuple[tuple[float, str, str], ...]


def _over(pairs: _Pairs) -> str:
    (_, first, _), (_, second, _) = pairs
    return f"over the last {first} or {second}"


def _burning(level: str, allowed: float, pairs: _Pairs) -> str:
    return "\nor\n".join(
        f"(\n"
        f"  {recorded(f'{level}:ratio_rate{long}')} > {rate} * {allowed}\n"
        f"  and {recorded(f'{level}:ratio_rate{short}')} > {rate} * {allowed}\n"
        f"  and {recorded(f'{level}:rate{long}')} * {_SECONDS[long]} >= {FEWEST}\n"
        f")"
        for rate, long, short in pairs
    )


def _shares(level: str, window: str, part: str, whole: str) -> Iterator[Recording]:
    yield Recording(name=f"{level}:rate{window}", expr=part)
    ratio = f"{recorded(f'{level}:rate{window}')} / on () {whole}"
    yield Recording(name=f"{level}:ratio_rate{window}", expr=ratio)


def _faults(window: str) -> str:
    failed = f"rate({predictor(metrics.REQUESTS, *FAULTS)}[{window}])"
    return f"sum({failed} or rate({predictor(metrics.REJECTED)}[{window}]))"


def _slow(window: str) -> str:
    fast = predictor(
        f"{metrics.STAGE_SECONDS}_bucket", 'stage="whole"', f'le="{SLOW_ABOVE_SECONDS:g}"'
    )
    return f"{_answers(window)} - sum(rate({fast}[{window}]))"


def _answers(window: str) -> str:
    answered = predictor(f"{metrics.STAGE_SECONDS}_count", 'stage="whole"')
    return f"sum(rate({answered}[{window}]))"


def _rate(metric: str, window: str) -> str:
    return f"sum(rate({predictor(metric)}[{window}]))"
