"""Parquet: a column a sensor, or one list column `readings`.

A risk depends on the sensors that the bundle reads, often a tenth of them. For the others the
contract asks for finite numbers, and a file says so itself: by a column's type, and by its
smallest and largest value in each row group. Where it does not say, or says otherwise, the row
group is read whole and looked at unit by unit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from secom_core.bundle import Bundle
from secom_core.columns import to_arrow, to_numpy
from secom_core.errors import FormatError
from serving.predictor.batch.files import InputFile
from serving.predictor.batch.rows import PASSED_THROUGH, Columns, Reject, Rows, Table, text_of
from serving.predictor.batch.spans import UNITS_PER_SPAN, Span

MAGIC = b"PAR1"
READINGS = "readings"
_UNITS_PER_TASK = 4096


class ParquetForm:
    """A Parquet file that fits the contract of a bundle.

    Parameters
    ----------
    file : InputFile
    bundle : Bundle

    Raises
    ------
    FormatError
        If it is no whole Parquet file, or lacks sensors, or one is not of numbers.
    """

    def __init__(self, file: InputFile, bundle: Bundle) -> None:
        self._file, self._sensors = file, bundle.contract.sensors
        with self._explained():
            self._metadata = parquet.read_metadata(file.open_arrow())
            schema = self._metadata.schema.to_arrow_schema()
        self._passed_through = [name for name in PASSED_THROUGH if name in schema.names]
        self._is_list = READINGS in schema.names and not set(self._sensors) <= set(schema.names)
        _require_fit(schema, (READINGS,) if self._is_list else self._sensors, file.name)
        # A column is always needed, if only to count the units.
        read = bundle.sensors_read or (0,)
        self._read = [self._sensors[position] for position in read]
        self._checked = [] if self._is_list else self._columns_with_infinities(schema)

    def spans(self) -> Iterator[Span]:
        """Divide the file between row groups."""
        start, first_line, n_lines = 0, 1, 0
        for group in range(self._metadata.num_row_groups):
            n_lines += self._metadata.row_group(group).num_rows
            if n_lines >= UNITS_PER_SPAN or (
                n_lines and group + 1 == self._metadata.num_row_groups
            ):
                stop = group + 1
                yield Span(start=start, stop=stop, first_line=first_line, n_lines=n_lines)
                start, first_line, n_lines = stop, first_line + n_lines, 0

    def tasks(self, span: Span, only: np.ndarray | None = None) -> Iterator[Callable[[], Rows]]:
        """Read a span; decoding uses Arrow's threads, so that a task has little left to do."""
        line = span.first_line
        with self._explained(), self._file.open_arrow() as source:
            whole = parquet.ParquetFile(source, metadata=self._metadata)
            # Threads would ask for columns in any order, and a store be asked for each.
            with_threads = isinstance(source, pa.OSFile)
            for group in range(span.start, span.stop):
                columns = [*self._columns_to_read(group), *self._passed_through]
                for batch in whole.iter_batches(
                    _UNITS_PER_TASK, [group], columns, use_threads=with_threads
                ):
                    if only is None or _holds(only, line, line + len(batch)):
                        yield partial(self._rows, batch, line)
                    line += len(batch)

    def _columns_with_infinities(self, schema: pa.Schema) -> list[int]:
        """Return the places of the columns whose type does not keep them finite."""
        places = {
            self._metadata.schema.column(i).path: i for i in range(self._metadata.num_columns)
        }
        return [
            places[sensor]
            for sensor in self._sensors
            if pa.types.is_floating(schema.field(sensor).type)
        ]

    def _columns_to_read(self, group: int) -> Sequence[str]:
        if self._is_list:
            return [READINGS]
        about = self._metadata.row_group(group)
        if all(_says_finite(about.column(place)) for place in self._checked):
            return self._read
        return self._sensors

    def _rows(self, batch: pa.RecordBatch, first_line: int) -> Rows:
        lines = np.arange(first_line, first_line + len(batch))
        if self._is_list:
            return self._rows_of_lists(batch, lines)
        names = set(batch.schema.names)
        positions = [place for place, name in enumerate(self._sensors) if name in names]
        arrays = [to_numpy(batch.column(self._sensors[position])) for position in positions]
        return Rows(
            lines=lines,
            readings=Columns(arrays, positions, len(self._sensors)),
            passed_through={name: batch.column(name) for name in self._passed_through},
        )

    def _rows_of_lists(self, batch: pa.RecordBatch, lines: np.ndarray) -> Rows:
        lists, expected = batch.column(READINGS), len(self._sensors)
        lengths = to_numpy(pc.list_value_length(lists))  # NaN where there is no list
        fits = lengths == expected
        names = {name: batch.column(name) for name in self._passed_through}
        rejects = [
            Reject(
                line=int(lines[index]),
                unit_id=text_of(names, index),
                fault="wrong number of readings",
                reason=f"{READINGS} holds {int(np.nan_to_num(lengths[index]))} readings; expected "
                f"{expected}, with null or NaN for one not measured.",
            )
            for index in np.flatnonzero(~fits).tolist()
        ]
        kept = to_arrow(fits)
        flat = to_numpy(lists.filter(kept).flatten())
        return Rows(
            lines=lines[fits],
            readings=Table(flat.reshape(-1, expected)),
            passed_through={name: array.filter(kept) for name, array in names.items()},
            rejects=rejects,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as exc:
            message = (
                f"{self._file.name} cannot be read as Parquet: {exc}. Write it again, or take it "
                "out of the input."
            )
            raise FormatError(message) from exc


def _require_fit(schema: pa.Schema, names: Sequence[str], file: str) -> None:
    counts = Counter(schema.names)
    missing = [name for name in names if name not in counts]
    if missing:
        message = (
            f"{file} lacks {len(missing)} of {len(names)} sensors, {missing[0]} first. Expected a "
            f"column for each of {names[0]} to {names[-1]}, or one list column {READINGS!r}."
        )
        raise FormatError(message)
    for name in (*names, *PASSED_THROUGH):
        if counts[name] > 1:
            message = f"{file} has {counts[name]} columns {name}; expected one."
            raise FormatError(message)
    for name in names:
        kind, expected = schema.field(name).type, "real numbers"
        if name == READINGS:
            kind, expected = getattr(kind, "value_type", pa.string()), "lists of real numbers"
        if not _is_number(kind):
            message = f"{name} of {file} is of type {schema.field(name).type}; expected {expected}."
            raise FormatError(message)


def _is_number(kind: pa.DataType) -> bool:
    # A column that was never measured may be written without a type.
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))


def _says_finite(column: Any) -> bool:  # noqa: ANN401 - pyarrow is untyped
    about = column.statistics
    if about is None:
        return False
    if about.has_min_max:
        # Of a type that has no number here, or NaN where the writer minded it, nothing is known.
        values = (about.min, about.max)
        return all(isinstance(value, float) and math.isfinite(value) for value in values)
    return bool(about.has_null_count and about.null_count == column.num_values)


def _holds(lines: np.ndarray, start: int, stop: int) -> bool:
    return bool(np.searchsorted(lines, start) < np.searchsorted(lines, stop))
