"""Numbers and times as the report writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from secom_core.evaluation import Figure


def percent(share: float) -> str:
    """Write a share: 24.3%."""
    return f"{share:.1%}"


def interval(figure: Figure) -> str:
    """Write the ends of a rate's interval: 12.1% to 58.9%."""
    return f"{figure.low:.1%} to {figure.high:.1%}"


def count(number: int, noun: str) -> str:
    """Write a number of things: 1 fail, 17 fails, 1,567 units."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def day(time: np.datetime64) -> str:
    """Write a date: 17 Oct 2008."""
    return f"{_python(time):%-d %b %Y}"


def minute(time: np.datetime64) -> str:
    """Write a time: 17 Oct 2008, 06:07."""
    return f"{_python(time):%-d %b %Y, %H:%M}"


def listed(words: Sequence[str]) -> str:
    """Write a list: a, b and c."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _python(time: np.datetime64) -> dt.datetime:
    at: dt.datetime = time.astype("datetime64[s]").item()
    return at
