"""Units as they come out of a file, whatever its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

UNIT_ID, MEASURED_AT = "unit_id", "measured_at"
PASSED_THROUGH = (UNIT_ID, MEASURED_AT)
"""Columns that an input may have beside its readings, and that its output has then too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A unit that is not scored.

    Parameters
    ----------
    line : int
        Line of a text file or row of a Parquet file, counted from 1.
    unit_id : str
        Empty where the file gives none, or it cannot be read.
    fault : str
        What kind of fault it is, for counting.
    reason : str
        What is wrong and what was expected, for people.
    """

    line: int
    unit_id: str
    fault: str
    reason: str


class Readings(Protocol):
    """Readings of some units by all sensors of a contract."""

    def chunks(self, size: int) -> Iterator[np.ndarray]:
        """Give tables of at most `size` units by all sensors, each good until the next one."""
        ...

    def take(self, units: np.ndarray) -> np.ndarray:
        """Return a table of the units at some indexes by all sensors."""
        ...


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings as a file of columns gives them.

    Parameters
    ----------
    arrays : sequence of ndarray of shape (n_units,)
        At least one.
    positions : sequence of int
        Sensor of each array; the others stay NaN.
    n_sensors : int
        Sensors of the contract.
    """

    arrays: Sequence[np.ndarray]
    positions: Sequence[int]
    n_sensors: int

    def chunks(self, size: int) -> Iterator[np.ndarray]:
        """Give tables of at most `size` units; the next one overwrites the one before."""
        n_units = len(self.arrays[0])
        # Small enough to stay in the processor's cache, where writing column by column is cheap.
        table = np.full((min(size, n_units), self.n_sensors), np.nan)
        for start in range(0, n_units, size):
            chunk = table[: min(size, n_units - start)]
            for position, array in zip(self.positions, self.arrays, strict=True):
                chunk[:, position] = array[start : start + size]
            yield chunk

    def take(self, units: np.ndarray) -> np.ndarray:
        """Return a table of the units at some indexes."""
        table = np.full((len(units), self.n_sensors), np.nan)
        for position, array in zip(self.positions, self.arrays, strict=True):
            table[:, position] = array[units]
        return table


@dataclass(frozen=True, slots=True)
class Table:
    """Readings of shape (n_units, n_sensors), float64."""

    table: np.ndarray

    def chunks(self, size: int) -> Iterator[np.ndarray]:
        """Give views of at most `size` units."""
        for start in range(0, len(self.table), size):
            yield self.table[start : start + size]

    def take(self, units: np.ndarray) -> np.ndarray:
        """Return a table of the units at some indexes."""
        return np.asarray(self.table[units])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some consecutive units of a file.

    Parameters
    ----------
    lines : ndarray of shape (n_units,), int64
        Where each unit stands in the file, as `Reject.line`.
    readings : Readings
    passed_through : mapping of str to pyarrow.Array
        Of `PASSED_THROUGH`, what the file has.
    rejects : sequence of Reject
        Between these units, what could not be read as one.
    """

    lines: np.ndarray
    readings: Readings
    passed_through: Mapping[str, pa.Array]
    rejects: Sequence[Reject] = ()


def text_of(passed_through: Mapping[str, pa.Array], index: int) -> str:
    """Return the name of a unit as text; empty where there is none."""
    if UNIT_ID not in passed_through:
        return ""
    name = passed_through[UNIT_ID][index].as_py()
    return "" if name is None else str(name)
