"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.benchmarks import stages
from tests.benchmarks.cases import Case
from tests.benchmarks.figures import Target, spread
from tests.benchmarks.rounds import Measured

_MIB = 2**20


def targets_table(targets: Iterable[Target]) -> str:
    """Say of each target what was reached."""
    rows = [
        (
            target.work,
            f"≥ {target.wanted:.3g}x {target.against}",
            f"{target.spread.median:.3g}x",
            f"{target.spread.low:.3g}x",
            target.verdict,
        )
        for target in targets
    ]
    return table(("work", "target", "median ratio", "lower quartile", ""), rows)


def rates_table(measured: Measured, names: Sequence[str]) -> str:
    """Give requests/s with quartiles."""
    return _by_case(
        measured, names, "requests/s [quartiles]", lambda seen: _rate([each.rate for each in seen])
    )


def latency_table(measured: Measured, names: Sequence[str]) -> str:
    """Give p50 and p99 of the cases with one connection, medians of rounds."""
    alone = [case for case in _cases(measured) if case.connections == 1]
    return _by_case(
        measured,
        names,
        "p50 / p99, ms",
        lambda seen: " / ".join(
            f"{1000 * spread([getattr(each, name) for each in seen]).median:.3g}"
            for name in ("p50", "p99")
        ),
        alone,
    )


def busy_table(measured: Measured, names: Sequence[str]) -> str:
    """Say who was busy: the server, or the generator that asked it."""
    return _by_case(
        measured,
        names,
        "processors: server / generator",
        lambda seen: " / ".join(
            f"{spread([getattr(each, name) for each in seen]).median:.2f}"
            for name in ("server_share", "generator_share")
        ),
    )


def weight_table(measured: Measured, names: Sequence[str]) -> str:
    """Give memory and time to ready, median with quartiles."""
    rows = [
        (
            name,
            _spread_of([value / _MIB for value in measured.memory[name]]),
            _spread_of(measured.seconds_to_ready[name]),
        )
        for name in names
    ]
    return table(("", "resident memory (PSS), MiB", "time to ready, s"), rows)


def stages_table(measured: Measured, name: str) -> str:
    """Say where a request's time goes with one connection, in microseconds."""
    rows = []
    for case, spent in measured.stage_seconds.items():
        if case.connections == 1:
            mean = stages.mean_microseconds(spent)
            inside = [mean[stage] for stage in ("decode", "judge", "encode")]
            waited = 1e6 / spread([seen.rate for seen in measured.seen[case, name]]).median
            rows.append(
                (
                    str(case),
                    *(f"{value:.0f}" for value in inside),
                    f"{mean['whole'] - sum(inside):.0f}",
                    f"{waited - mean['whole']:.0f}",
                    f"{waited:.0f}",
                )
            )
    head = ("µs a request", "decode", "judge", "encode", "between", "HTTP/gRPC, wire, client")
    return table((*head, "in all"), rows)


def _by_case(measured, names, title, of, cases=None) -> str:
    rows = [
        (
            str(case),
            *(of(seen) if (seen := measured.seen.get((case, name))) else "–" for name in names),
        )
        for case in cases or _cases(measured)
    ]
    return table((title, *names), rows)


def _cases(measured: Measured) -> list[Case]:
    return list(dict.fromkeys(case for case, _ in measured.seen))


def _rate(values: Sequence[float]) -> str:
    found = spread(values)
    return f"{found.median:,.0f} [{found.low:,.0f}–{found.high:,.0f}]"


def _spread_of(values: Sequence[float]) -> str:
    if not values:
        return "–"
    found = spread(values)
    return f"{found.median:.3g} [{found.low:.3g}–{found.high:.3g}]"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
