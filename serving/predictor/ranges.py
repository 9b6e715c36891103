"""Settings that are numbers within a range."""

from __future__ import annotations

from collections.abc import Mapping

from secom_core.errors import ConfigError

Ranges = Mapping[str, tuple[float, float]]
"""Least and greatest value, by the setting's name."""


def require_within(ranges: Ranges, settings: object) -> None:
    """Refuse settings of which a number is outside its range.

    Raises
    ------
    ConfigError
        Names the first one.
    """
    for name, (low, high) in ranges.items():
        value = getattr(settings, name)
        if not low <= value <= high:  # NaN is in no range
            message = f"{name} must be in [{low:.12g}, {high:.12g}], got {value}."
            raise ConfigError(message)
