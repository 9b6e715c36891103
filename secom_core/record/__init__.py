"""What a prediction leaves behind: each scored unit, its risk and decision, and the Parquet form.

One Parquet object a segment of the predictor's log, beneath the day on which the segment began.
A segment may be written there more than once, and under the same key each time; units may come
again all the same, so that whoever reads drops repeats with `unique`.
"""

from secom_core.record.keys import FOLDER, began_at, first_key, object_key, segment_name
from secom_core.record.parquet import from_parquet, heads_from_parquet, to_parquet
from secom_core.record.records import Records, concatenate, unique

__all__ = [
    "FOLDER",
    "Records",
    "began_at",
    "concatenate",
    "first_key",
    "from_parquet",
    "heads_from_parquet",
    "object_key",
    "segment_name",
    "to_parquet",
    "unique",
]
