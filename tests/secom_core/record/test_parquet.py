import dataclasses
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from secom_core.errors import RecordError
from secom_core.record import from_parquet, heads_from_parquet, to_parquet
from tests.secom_core.record.records_made import SENSORS, made, require_same

WHOLE = to_parquet(made(40), SENSORS)
PAGES_END = len(WHOLE) - 8 - int.from_bytes(WHOLE[-8:-4], "little")


@pytest.mark.parametrize("n", [0, 1, 100])
def test_records_are_read_as_they_were_written(n):
    """Every column comes back in type and value."""
    require_same(from_parquet(to_parquet(made(n), SENSORS)), made(n))


def test_the_same_records_give_the_same_bytes():
    """A segment that is shipped again overwrites the object with its like."""
    assert to_parquet(made(40), SENSORS) == WHOLE


def test_records_are_read_without_readings():
    """Who looks for a unit does not pay for the readings of all the others."""
    records = made(40)

    heads = heads_from_parquet(WHOLE)

    require_same(heads, dataclasses.replace(records, readings=np.empty((40, 0))))


def test_any_tool_makes_sense_of_the_file():
    """Times are times, what was not measured is null, sensors have names."""
    file = parquet.ParquetFile(io.BytesIO(WHOLE))
    table, readings = file.read(), made(40).readings

    assert table.schema.field("scored_at").type == pa.timestamp("us", tz="UTC")
    assert table["measured_at"].null_count == 13
    nulls = [[value is None for value in unit] for unit in table["readings"].to_pylist()]
    np.testing.assert_array_equal(nulls, np.isnan(readings))
    assert file.metadata.metadata[b"secom.sensors"].decode().split("\n") == list(SENSORS)


def test_a_record_of_all_sensors_is_small():
    """A quiet line fills an object with a unit: what is fixed in it must not take 100 KB."""
    wide = tuple(f"sensor_{index:03d}" for index in range(590))
    readings = np.random.default_rng(0).normal(size=(1, 590))

    content = to_parquet(dataclasses.replace(made(1), readings=readings), wide)

    assert len(content) < 20_000


def test_names_must_fit_the_readings():
    """A name too few is noticed before anything is written."""
    with pytest.raises(RecordError, match=r"names of 7 sensors.*got 6"):
        to_parquet(made(2), SENSORS[:6])


@given(st.integers(0, len(WHOLE) - 1))
def test_what_is_cut_off_is_no_file(length):
    """Half of an object is refused, never read as fewer records."""
    with pytest.raises(RecordError, match="no whole Parquet file"):
        from_parquet(WHOLE[:length])


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_damage_is_noticed_wherever_values_lie(place, bit):
    """A flipped bit gives the same records or a RecordError, and nothing else."""
    damaged = bytearray(WHOLE)
    damaged[place] ^= 1 << bit
    try:
        found = from_parquet(bytes(damaged))
    except RecordError:
        return
    if place < PAGES_END:  # what comes behind says how they are read, and has no checksum
        require_same(found, made(40))


def test_a_foreign_parquet_file_is_refused():
    """Units are no records."""
    sink = io.BytesIO()
    parquet.write_table(pa.table({"readings": [1.0]}), sink)

    with pytest.raises(RecordError, match=r"does not hold records.*found none"):
        from_parquet(sink.getvalue())
