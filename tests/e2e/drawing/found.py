"""What queries found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.dates as mdates
import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """A series of values.

    Parameters
    ----------
    name : str
        As the legend has it.
    labels : mapping
    times, values : ndarray of shape (n_points,)
        Seconds since 1970, and what was then.
    """

    name: str
    labels: Mapping[str, str]
    times: np.ndarray
    values: np.ndarray

    @property
    def last(self) -> float:
        """The last value that is one."""
        known = self.values[np.isfinite(self.values)]
        return float(known[-1]) if known.size else np.nan

    @property
    def step(self) -> float:
        """Usual number of seconds from point to point."""
        return float(np.median(np.diff(self.times))) if self.times.size > 1 else 15.0


def dates(times: np.ndarray) -> np.ndarray:
    """Return seconds since 1970 as matplotlib counts time."""
    return mdates.date2num(times.astype("datetime64[s]"))
