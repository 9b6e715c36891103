"""What a prediction leaves behind: each scored unit, its risk and decision, and the Parquet form.

One Parquet object a segment of the predictor's log, beneath the day on which the segment began.
A segment may be written there more than once, and under the same key each time; units may come
again all the same, so that whoever reads drops repeats with `unique`.
"""

from secom_core.record.keys import FOLDER, object_key
from secom_core.record.parquet import from_parquet, heads_from_parquet, to_parquet
from secom_core.record.records import Records, concatenate, unique

__all__ = [
    "FOLDER",
    "Records",
    "concatenate",
    "from_parquet",
    "heads_from_parquet",
    "object_key",
    "to_parquet",
    "unique",
]
