"""Leave out what cannot reach the answer, and do in one node what can be done in one.

A served unit takes some ten microseconds. A node costs half of one, a column gathered a hundredth:
few nodes and an early choice of columns make it fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from secom_core.export.operations import Dense, Impute, Operation, PerColumn, Pick, Scale

_ANSWER = np.zeros(1, dtype=np.int64)
"""What is wanted of the last operation: its one column."""

_GATHERED_PER_CARRIED = 3
"""To gather a column takes ONNX Runtime as long as to impute and weigh three (measured)."""


def columns_read(operations: Sequence[Operation]) -> np.ndarray:
    """Return the columns, ascending, whose value can change the answer of `operations`."""
    wanted = _ANSWER
    for operation in reversed(operations):
        wanted = operation.columns_read(wanted)
    return np.unique(wanted)


def prune(operations: Sequence[Operation], n_columns: int) -> list[Operation]:
    """Return operations of the same answer that touch only the columns that can change it."""
    kept: list[Operation] = []
    wanted = _ANSWER
    for operation in reversed(operations):
        carried = operation.columns_read(wanted)
        if not carried.size:
            # The answer is constant, but the graph still has to count the units.
            carried = np.zeros(1, dtype=np.int64)
        restricted = operation.restricted(carried, wanted)
        if restricted is not None:
            kept.append(restricted)
        wanted = carried
    if not np.array_equal(wanted, np.arange(n_columns)):
        kept.append(Pick(columns=wanted))
    return kept[::-1]


def fold(operations: Iterable[Operation]) -> list[Operation]:
    """Return fewer operations of the same answer: what is linear becomes one where that is smaller.

    Means are still subtracted before anything else: as part of the bias they would cost the digits
    of a sensor that reads far from 0.
    """
    folded: list[Operation] = []
    for operation in operations:
        one = _as_one(folded[-1], operation) if folded else None
        if one is None:
            folded.append(operation)
        else:
            folded[-1] = one
    return folded


def _as_one(first: Operation, second: Operation) -> Dense | None:
    if not isinstance(second, Dense):
        return None
    if isinstance(first, Scale):
        return first.then(second)
    if isinstance(first, Dense):
        one = first.then(second)
        # A narrow layer between two wide ones (PCA before a network) is less work as it is.
        return one if one.weights.size <= first.weights.size + second.weights.size else None
    return None


def widen(operations: Sequence[Operation], n_columns: int) -> Sequence[Operation]:
    """Return operations of the same answer that carry all columns, if that is the quicker way."""
    match operations:
        # What is carried unread has to be filled, for NaN times a weight of 0 is NaN.
        case [Pick(columns=columns), Impute(), *_] if (
            columns.size * _GATHERED_PER_CARRIED > n_columns
        ):
            return _without_pick(operations[1:], columns, n_columns)
        case _:
            return operations


def _without_pick(
    operations: Sequence[Operation], columns: np.ndarray, n_columns: int
) -> list[Operation]:
    wide: list[Operation] = []
    for operation in operations:
        wide.append(operation.widened(columns, n_columns))
        if not isinstance(operation, PerColumn):
            # From here on columns are counted anew.
            break
    return [*wide, *operations[len(wide) :]]
