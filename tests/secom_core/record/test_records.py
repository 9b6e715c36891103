import dataclasses
from datetime import date

import numpy as np
import pytest

from secom_core.errors import RecordError
from secom_core.record import FOLDER, concatenate, object_key, unique
from tests.secom_core.record.records_made import made, require_same


def test_repeats_are_dropped_by_id_and_nothing_else():
    """Of records that were written twice the first stays, in its place."""
    records = made(6)

    found = unique(concatenate([records.window(slice(0, 4)), records.window(slice(2, 6)), records]))

    require_same(found, records)


def test_a_unit_scored_again_is_a_record_of_its_own():
    """Another scoring has another id, whatever the unit."""
    records = concatenate([made(3, seed=0), made(3, seed=1)])

    assert len(unique(records)) == 6


def test_records_stay_in_order_of_scoring():
    """Ids need not sort as times do."""
    backwards = made(12).take(np.arange(12)[::-1])

    require_same(unique(backwards), backwards)


def test_parts_without_records_are_passed_over():
    """A window may be empty, and nothing at all is no error."""
    records = made(3)

    require_same(concatenate([concatenate([]), records, concatenate([])]), records)
    assert len(unique(concatenate([]))) == 0


def test_records_of_different_sensors_are_not_mixed():
    """They cannot lie in one table."""
    wide = dataclasses.replace(made(2), readings=np.zeros((2, 9)))

    with pytest.raises(RecordError, match=r"equally many sensors, got \[7, 9\]"):
        concatenate([made(2), wide])


def test_columns_are_equally_long():
    """Whoever builds records of columns that do not fit hears of it at once."""
    with pytest.raises(RecordError, match="'risk': 1"):
        dataclasses.replace(made(2), risk=np.zeros(1))


def test_keys_sort_by_time_beneath_their_day():
    """A listing of the folder is in order of time, and can begin at a day."""
    keys = [
        object_key("20260301T235959.999999-b-9", date(2026, 3, 1)),
        object_key("20260302T000000.000000-a-1", date(2026, 3, 2)),
    ]

    assert keys[0] == f"{FOLDER}date=2026-03-01/20260301T235959.999999-b-9.parquet"
    assert sorted(keys) == keys
