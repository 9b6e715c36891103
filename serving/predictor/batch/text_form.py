"""Text: CSV with a header, or UCI's form, 590 readings a line separated by spaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

import numpy as np

from secom_core.bundle import Bundle
from secom_core.columns import to_numpy
from secom_core.errors import FormatError
from serving.predictor.batch.dialects import recognise
from serving.predictor.batch.files import InputFile
from serving.predictor.batch.lines import LineReader
from serving.predictor.batch.rows import Columns, Rows
from serving.predictor.batch.spans import Span

MAX_LINE_BYTES = 2**20
_SPAN_BYTES = 32 * 2**20
_TASK_BYTES = 4 * 2**20
_END_OF_LINE = b"\r\n"


class TextForm:
    """A text file that fits the contract of a bundle.

    Parameters
    ----------
    file : InputFile
    bundle : Bundle

    Raises
    ------
    FormatError
        If its first line is neither a header with all sensors nor one of UCI's lines.
    """

    def __init__(self, file: InputFile, bundle: Bundle) -> None:
        self._file, self._sensors = file, bundle.contract.sensors
        with self._opened() as opened:
            first = opened.readline(MAX_LINE_BYTES)
        self._dialect = recognise(first, self._sensors, file.name)
        self._lines = LineReader(self._dialect, self._sensors)

    def spans(self) -> Iterator[Span]:
        """Divide the file between lines, which have to be counted for that."""
        start, first_line = self._dialect.n_bytes_before, self._dialect.n_lines_before + 1
        with self._opened() as opened:
            end = _end_of_last_line(opened, self._file.n_bytes)
            opened.seek(start)
            while start < end:
                stop, n_lines = self._read_span(opened, start, end, first_line)
                yield Span(start=start, stop=stop, first_line=first_line, n_lines=n_lines)
                start, first_line = stop, first_line + n_lines

    def tasks(self, span: Span, only: np.ndarray | None = None) -> Iterator[Callable[[], Rows]]:
        """Read a span; parsing is left to the tasks."""
        first_line, rest = span.first_line, span.stop - span.start
        with self._opened() as opened:
            opened.seek(span.start)
            while rest > 0:
                block = opened.read(min(_TASK_BYTES, rest))
                if len(block) < rest:
                    block += opened.readline()
                rest -= len(block)
                lines = block.removesuffix(b"\n").split(b"\n")
                yield partial(self._rows, lines, first_line, only)
                first_line += len(lines)

    def _read_span(
        self, opened: BinaryIO, start: int, end: int, first_line: int
    ) -> tuple[int, int]:
        place, n_lines = start, 0
        while place < end:
            if place - start < _SPAN_BYTES:
                block = opened.read(min(MAX_LINE_BYTES, end - place))
            else:
                block = opened.readline(MAX_LINE_BYTES)
                if not block.endswith(b"\n") and len(block) == MAX_LINE_BYTES:
                    message = (
                        f"{self._file.name}, about line {first_line + n_lines}: a line is longer "
                        f"than {MAX_LINE_BYTES} bytes; expected one unit per line."
                    )
                    raise FormatError(message)
            place, n_lines = place + len(block), n_lines + block.count(b"\n")
            if place - start >= _SPAN_BYTES and block.endswith(b"\n"):
                return min(place, end), n_lines
        return end, n_lines + 1

    def _rows(self, texts: Sequence[bytes], first_line: int, only: np.ndarray | None) -> Rows:
        numbers = np.arange(first_line, first_line + len(texts))
        if only is not None:
            numbers = np.intersect1d(numbers, only)
            texts = [texts[number - first_line] for number in numbers.tolist()]
        table, good, rejects = self._lines.read(texts, numbers)
        return Rows(
            lines=good,
            readings=Columns(
                [to_numpy(table[name]) for name in self._sensors],
                range(len(self._sensors)),
                len(self._sensors),
            ),
            passed_through={
                name: table[name].combine_chunks() for name in self._dialect.passed_through
            },
            rejects=rejects,
        )

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self._file.open() as opened:
                yield opened
        except OSError as exc:
            message = f"{self._file.name} cannot be read: {exc.strerror}. Mend it, and try again."
            raise FormatError(message) from exc


def _end_of_last_line(opened: BinaryIO, n_bytes: int) -> int:
    """Return where the last unit ends: empty lines at the end of a file are nothing."""
    opened.seek(max(0, n_bytes - MAX_LINE_BYTES))
    tail = opened.read(MAX_LINE_BYTES)
    return n_bytes - len(tail) + len(tail.rstrip(_END_OF_LINE))
