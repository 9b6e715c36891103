"""Values as Grafana writes them, by a panel's unit."""

from __future__ import annotations

import math
from collections.abc import Callable

_TIMES = ((86400 * 7, "weeks"), (86400, "days"), (3600, "hours"), (60, "mins"), (1, "s"))
_SUFFIXES = {"reqps": " req/s", "units/s": " units/s", "units/h": " units/h"}


def written(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a value with its unit."""
    if math.isnan(value):
        return "none"
    return _WRITERS.get(unit, _short)(value, decimals) + _SUFFIXES.get(unit, "")


def _short(value: float, decimals: int | None) -> str:
    for factor, suffix in ((1e9, " Bil"), (1e6, " Mil"), (1e3, " K")):
        if abs(value) >= factor:
            return f"{_number(value / factor, decimals)}{suffix}"
    return _number(value, decimals)


def _percent(value: float, decimals: int | None) -> str:
    return f"{_number(100 * value, decimals)}%"


def _seconds(value: float, decimals: int | None) -> str:
    if 0 < abs(value) < 1:
        factor, suffix = (1e3, "ms") if abs(value) >= 1e-3 else (1e6, "µs")
        return f"{_number(value * factor, decimals)} {suffix}"
    for factor, suffix in _TIMES:
        if abs(value) >= factor:
            return f"{_number(value / factor, decimals)} {suffix}"
    return _number(value, decimals) + " s"


def _bytes(value: float, decimals: int | None) -> str:
    for factor, suffix in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if abs(value) >= factor:
            return f"{_number(value / factor, decimals)} {suffix}"
    return f"{_number(value, decimals)} B"


def _word(value: float, _decimals: int | None) -> str:
    return "yes" if value else "no"


def _number(value: float, decimals: int | None) -> str:
    return f"{value:.3g}" if decimals is None else f"{value:.{decimals}f}"


_WRITERS: dict[str, Callable[[float, int | None], str]] = {
    "percentunit": _percent,
    "s": _seconds,
    "bytes": _bytes,
    "bool_yes_no": _word,
}
