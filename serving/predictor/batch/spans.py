"""What every form of file offers: divided into spans, each read in small tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from serving.predictor.batch.rows import Rows

UNITS_PER_SPAN = 16_384
"""About as many units are one part of the output: what a kill costs at most, on each core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a file.

    Parameters
    ----------
    start, stop : int
        Row groups of a Parquet file, bytes of a text file; `stop` is not in it.
    first_line : int
        Line or row of its first unit, counted from 1.
    n_lines : int
        Lines or rows in it.
    """

    start: int
    stop: int
    first_line: int
    n_lines: int


class Form(Protocol):
    """A file whose form has been recognised and fits the contract."""

    def spans(self) -> Iterator[Span]:
        """Divide the file, always alike; none if it holds no units."""
        ...

    def tasks(self, span: Span, only: np.ndarray | None = None) -> Iterator[Callable[[], Rows]]:
        """Read a span, some thousand units at a time; calling a task may take a while.

        With `only`, sorted lines, units on other lines may be left out.
        """
        ...
