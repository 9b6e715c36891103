"""Units of the line: where they come from, what is checked, how they are kept."""

from secom_core.dataset.fallback import Choice, resolve_default, user_cache
from secom_core.dataset.parquet import read_units, write_units
from secom_core.dataset.quality import Quality, quality
from secom_core.dataset.sources import Bucket, load, resolve
from secom_core.dataset.synthetic import twin
from secom_core.dataset.units import Units

__all__ = [
    "Bucket",
    "Choice",
    "Quality",
    "Units",
    "load",
    "quality",
    "read_units",
    "resolve",
    "resolve_default",
    "twin",
    "user_cache",
    "write_units",
]
