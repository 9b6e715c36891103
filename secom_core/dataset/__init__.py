"""Units of the line: where they come from, what is checked, how they are kept."""

from secom_core.dataset.units import Units

__all__ = ["Units"]
