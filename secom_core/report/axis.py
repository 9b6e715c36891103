"""Axes that charts share: shares in per cent, times in days."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator


def in_percent(axis: Axis, *, n_ticks: int = 6) -> None:
    """Label shares in per cent, with as many decimals as the range needs."""
    axis.set_major_locator(MaxNLocator(n_ticks - 1, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))


def in_days(axis: Axis) -> None:
    """Label times by day and month."""
    # Multiples of days begin anew each month, and would put the 29th beside the first.
    locator = AutoDateLocator(minticks=3, maxticks=8, interval_multiples=False)  # type: ignore[no-untyped-call]
    axis.set_major_locator(locator)
    axis.set_major_formatter(DateFormatter("%-d %b"))  # type: ignore[no-untyped-call]
