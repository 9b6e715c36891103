"""Lines of text to columns of readings.

Arrow reads a block of lines at once and refuses all of them for one fault. Such a block is read
again in smaller pieces, down to the line, so that whether a line is good depends on nothing but
the line.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import csv

from serving.predictor.batch.dialects import NOT_MEASURED, Dialect
from serving.predictor.batch.line_faults import UNREADABLE, Fault, fault_of, reject
from serving.predictor.batch.rows import Reject

_LINES_SIFTED = 64
"""Lines that are looked at one by one if one of them is bad."""
_END_OF_LINE = b"\r\n"


class LineReader:
    """Reads the lines of a file.

    Parameters
    ----------
    dialect : Dialect
        Of the file.
    sensors : sequence of str
        Of the contract.
    """

    def __init__(self, dialect: Dialect, sensors: Sequence[str]) -> None:
        kinds = dict.fromkeys(sensors, pa.float64()) | dict.fromkeys(
            dialect.passed_through, pa.string()
        )
        self._dialect = dialect
        self._nothing = pa.schema(kinds.items()).empty_table()
        self._parsing = csv.ParseOptions(
            delimiter=dialect.delimiter, quote_char='"' if dialect.has_quotes else False
        )
        self._converting = csv.ConvertOptions(
            column_types=kinds,
            include_columns=list(kinds),
            null_values=NOT_MEASURED,
            strings_can_be_null=False,
        )

    def read(
        self, texts: Sequence[bytes], numbers: np.ndarray
    ) -> tuple[pa.Table, np.ndarray, list[Reject]]:
        """Read some lines.

        Parameters
        ----------
        texts : sequence of bytes
            Without the line feeds between them.
        numbers : ndarray of shape (n_lines,), int64
            Where each stands in the file.

        Returns
        -------
        table : pyarrow.Table
            A column for each sensor and for what is passed through, a row for each good line.
        numbers : ndarray
            Of the good lines.
        rejects : list of Reject
            The bad lines.
        """
        table = self._parse(texts)
        if table is not None:
            return table, numbers, []
        starts = range(0, len(texts), _LINES_SIFTED)
        pieces = [slice(start, start + _LINES_SIFTED) for start in starts]
        sifted = [self._sift(texts[piece], numbers[piece]) for piece in pieces]
        return (
            pa.concat_tables([table for table, _, _ in sifted]),
            np.concatenate([good for _, good, _ in sifted]),
            [each for _, _, rejects in sifted for each in rejects],
        )

    def _sift(
        self, texts: Sequence[bytes], numbers: np.ndarray
    ) -> tuple[pa.Table, np.ndarray, list[Reject]]:
        """Part good lines from bad ones."""
        table = self._parse(texts)
        if table is not None:
            return table, numbers, []
        faults = [self._fault(text) for text in texts]
        table = self._parse(_without(texts, faults))
        if table is None:  # nothing seemed wrong with some line, yet Arrow cannot read it
            faults = [
                fault or (None if self._parse([text]) else UNREADABLE)
                for text, fault in zip(texts, faults, strict=True)
            ]
            table = self._parse(_without(texts, faults))
        rejects = [
            reject(text, number, fault, self._dialect)
            for text, number, fault in zip(texts, numbers.tolist(), faults, strict=True)
            if fault
        ]
        return table, numbers[[fault is None for fault in faults]], rejects

    def _fault(self, text: bytes) -> Fault | None:
        fault = fault_of(text, self._dialect)
        # Quotes are read by other rules in Arrow than in Python, and Arrow decides.
        return None if fault and b'"' in text and self._parse([text]) else fault

    def _parse(self, texts: Sequence[bytes]) -> pa.Table | None:
        """Read some lines, or None if not every one of them is a unit."""
        if not texts:
            return self._nothing
        block = b"\n".join(texts) + b"\n"
        # Only these end a line here, but Arrow ends one at a lone carriage return too.
        if block.count(b"\r") != block.count(_END_OF_LINE):
            return None
        naming = csv.ReadOptions(
            column_names=self._dialect.names, use_threads=False, block_size=len(block) + 1
        )
        try:
            table = csv.read_csv(pa.BufferReader(block), naming, self._parsing, self._converting)
        except pa.ArrowInvalid:
            return None
        # A quote that is not closed swallows lines, and an empty line is left out.
        return table if len(table) == len(texts) else None


def _without(texts: Sequence[bytes], faults: Sequence[Fault | None]) -> list[bytes]:
    return [text for text, fault in zip(texts, faults, strict=True) if fault is None]
