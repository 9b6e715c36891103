"""Lists as CSV that a spreadsheet opens without doing what a unit's name says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from serving.predictor.batch.listing import N_MOVERS, Listed
from serving.predictor.batch.rows import Reject
from serving.predictor.batch.summaries import Summary

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_REJECTS = ("file", "line", "unit_id", "fault", "reason")
_UNITS = ("rank", "unit_id", "file", "line", "measured_at", "risk", "flagged", "within_capacity")
_MOVERS = ("sensor", "direction", "effect", "reading", "usual")


def rejects_csv(found: Iterable[tuple[str, Sequence[Reject]]]) -> Iterator[bytes]:
    """Return the rejects of all parts, a part at a time.

    Parameters
    ----------
    found : iterable of (file, sequence of Reject)
    """
    yield _lines([_REJECTS])
    for file, rejects in found:
        yield _lines(
            (file, reject.line, reject.unit_id, reject.fault, reject.reason) for reject in rejects
        )


def inspection_csv(listed: Sequence[Listed], summary: Summary) -> bytes:
    """Return the inspection list, a unit a line, the digest of the bundle on each."""
    numbered = tuple(f"{name}_{n}" for n in range(1, N_MOVERS + 1) for name in _MOVERS)
    lines: list[Sequence[object]] = [(*_UNITS, *numbered, "bundle")]
    for rank, unit in enumerate(listed, 1):
        moved = [
            value
            for each in unit.movers
            for value in (each.sensor, each.direction, each.effect, each.reading, each.usual)
        ]
        lines.append(
            (
                *(rank, unit.unit_id, unit.file, unit.line, unit.measured_at, unit.risk),
                *(_word(is_true=unit.flagged), _word(is_true=rank <= summary.capacity)),
                *(moved + [""] * (len(numbered) - len(moved))),
                summary.bundle_digest,
            )
        )
    return _lines(lines)


def _word(*, is_true: bool) -> str:
    return "true" if is_true else "false"


def _lines(lines: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [_harmless(field) if isinstance(field, str) else field for field in line] for line in lines
    )
    return text.getvalue().encode()


def _harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(_FORMULAS) else text
