"""Units in, risks out; what breaks the contract goes aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from secom_core.bundle import Bundle
from secom_core.columns import to_arrow
from serving.predictor.batch.rows import Reject, Rows, text_of

_UNITS_AT_ONCE = 1024
"""Their readings fit into a processor's second-level cache, and most of them stay there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Consecutive units of a file with their risks, and those that have none.

    Parameters
    ----------
    lines : ndarray of shape (n_units,), int64
    passed_through : mapping of str to pyarrow.Array
    risk : ndarray of shape (n_units,), float64
    flagged : ndarray of shape (n_units,), bool
    rejects : sequence of Reject
    """

    lines: np.ndarray
    passed_through: Mapping[str, pa.Array]
    risk: np.ndarray
    flagged: np.ndarray
    rejects: Sequence[Reject]


def score(rows: Rows, bundle: Bundle) -> Scored:
    """Judge the units that fit the contract and say of the others why not.

    A unit of which nothing was measured that the bundle reads is rejected too: its risk would be
    the same whatever the unit.
    """
    read = list(bundle.sensors_read)
    risk = np.full(len(rows.lines), np.nan)
    flagged = np.zeros(len(rows.lines), dtype=bool)
    fits = np.ones(len(rows.lines), dtype=bool)
    rejects = list(rows.rejects)
    start = 0
    for table in rows.readings.chunks(_UNITS_AT_ONCE):
        chunk = slice(start, start + len(table))
        infinite = np.isinf(table).any(axis=1)
        silent = np.isnan(table[:, read]).all(axis=1) & bool(read)
        fits[chunk] = kept = ~(infinite | silent)
        rejects += _rejects(
            rows, table, chunk.start, infinite=infinite, silent=silent, bundle=bundle
        )
        if kept.any():
            verdicts = bundle.judge(table if kept.all() else table[kept])
            risk[chunk][kept], flagged[chunk][kept] = verdicts.risk, verdicts.flagged
        start += len(table)
    mask = to_arrow(fits)
    return Scored(
        lines=rows.lines[fits],
        passed_through={name: array.filter(mask) for name, array in rows.passed_through.items()},
        risk=risk[fits],
        flagged=flagged[fits],
        rejects=sorted(rejects, key=lambda reject: reject.line),
    )


def _rejects(
    rows: Rows,
    table: np.ndarray,
    start: int,
    *,
    infinite: np.ndarray,
    silent: np.ndarray,
    bundle: Bundle,
) -> Iterator[Reject]:
    for index in np.flatnonzero(infinite | silent):
        if infinite[index]:
            column = int(np.argmax(np.isinf(table[index])))
            fault = "infinite reading"
            reason = (
                f"{bundle.contract.sensors[column]} reads {table[index, column]}; expected a "
                "finite number, or NaN for one not measured."
            )
        else:
            fault = "nothing measured"
            reason = (
                f"none of the {len(bundle.sensors_read)} sensors that the bundle reads was "
                "measured: a risk would say nothing of this unit."
            )
        unit = start + int(index)
        yield Reject(
            line=int(rows.lines[unit]),
            unit_id=text_of(rows.passed_through, unit),
            fault=fault,
            reason=reason,
        )
