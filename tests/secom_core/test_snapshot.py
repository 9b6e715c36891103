import os
from datetime import date

import numpy as np
import pytest

from secom_core import dataset
from secom_core.dataset import Units
from secom_core.errors import FormatError, RecordError, SensorCountError
from secom_core.outcomes import Board
from secom_core.record import object_key, to_parquet
from secom_core.snapshot import extended, take_snapshot, write_snapshot
from secom_core.store import Store, bucket_opener
from tests.secom_core.outcomes.made import OTHER_BUNDLE, outcome, scored

SENSORS = ("a", "b", "c")
N = 100
NAMES = [f"u{number}" for number in range(N)]
FLAGGED = np.arange(N) < 20
ALL = [outcome(name, "fail" if number % 10 == 0 else "pass") for number, name in enumerate(NAMES)]


@pytest.fixture
def original():
    """Fifty units from before anything was served."""
    generator = np.random.default_rng(7)
    return Units(
        readings=generator.normal(size=(50, 3)),
        is_fail=np.arange(50) % 9 == 0,
        measured_at=np.datetime64("2026-01-01T00:00:00") + np.arange(50),
        source="the line's archive",
        is_synthetic=False,
        sensors=SENSORS,
    )


def ship(store, records, *, segment="20260301T060000.000000-w-1", sensors=SENSORS):
    """Put records where the shipper puts them; return the key."""
    key = object_key(segment, date(2026, 3, 1))
    store.put(key, to_parquet(records, sensors))
    return key


def test_units_with_outcomes_become_training_data(store, original):
    """Of a line that tests everything, each scored unit comes in as it was scored."""
    records = scored(NAMES, flagged=FLAGGED)
    ship(store, records)

    found = take_snapshot(store, original, Board(ALL))

    assert (found.n_new, found.n_new_fails, found.n_left_out) == (100, 10, 0)
    np.testing.assert_array_equal(found.units.readings[:50], original.readings)
    np.testing.assert_array_equal(found.units.readings[50:], records.readings)
    np.testing.assert_array_equal(found.units.is_fail[50:], [each.is_fail for each in ALL])
    assert found.units.weight is None
    assert found.units.source == "the line's archive and 100 units scored since"
    assert not found.units.is_synthetic


def test_nothing_new_is_the_original(store, original):
    """Without outcomes, or without predictions, the digest is that of what was trained on."""
    assert take_snapshot(store, original, Board(ALL)).units.digest == original.digest
    ship(store, scored(NAMES, flagged=FLAGGED))

    found = take_snapshot(store, original, Board())

    assert found.units.digest == original.digest
    assert (found.n_new, found.n_left_out) == (0, 0)


def test_audited_units_stand_for_those_nobody_looked_at(store, original):
    """New units weigh as in live performance, the original ones 1."""
    ship(store, scored(NAMES, flagged=FLAGGED, audited=np.isin(np.arange(N), [40, 99])))

    found = take_snapshot(store, original, Board([*ALL[:20], ALL[40], ALL[70], ALL[99]]))

    assert found.units.weight.tolist() == [1.0] * 70 + [40.0, 40.0]
    assert (found.n_new, found.n_left_out) == (22, 1)


def test_flagged_units_alone_are_not_trained_on(store, original):
    """A bundle of whose unflagged units nobody knows anything adds nothing; another one does."""
    inspected = scored([f"v{number}" for number in range(20)], flagged=np.ones(20, dtype=bool))
    ship(store, inspected)
    tested = scored(NAMES, flagged=FLAGGED, bundle=OTHER_BUNDLE, seed=1)
    ship(store, tested, segment="20260301T070000.000000-w-2")
    flagged_only = [outcome(f"v{number}", "fail") for number in range(20)]

    found = take_snapshot(store, original, Board([*flagged_only, *ALL]))

    assert (found.n_new, found.n_left_out) == (100, 20)


def test_unit_comes_in_as_it_was_scored_before_its_outcome(store, original):
    """Readings from after the outcome, as of a mended unit, are not those that failed."""
    first, again = scored(NAMES, flagged=FLAGGED), scored(NAMES, hours=[30] * N, seed=1)
    ship(store, first)
    ship(store, again, segment="20260302T120000.000000-w-2")

    found = take_snapshot(store, original, Board(ALL))

    np.testing.assert_array_equal(found.units.readings[50:], first.readings)


def test_snapshot_does_not_depend_on_how_records_were_shipped(store, original):
    """In one object or in several, some twice: the same records are the same training data."""
    records = scored(NAMES, hours=[1] * N, flagged=FLAGGED)
    key = ship(store, records)
    in_one = take_snapshot(store, original, Board(ALL))
    store.remove(key)
    ship(store, records.window(slice(40, N)), segment="20260301T060000.000000-w-1")
    ship(store, records.window(slice(0, 60)), segment="20260301T070000.000000-w-2")

    in_two = take_snapshot(store, original, Board(ALL))

    assert in_one.n_new == in_two.n_new == N
    assert in_one.units.digest == in_two.units.digest


def test_original_unit_that_was_scored_again_does_not_come_in_twice(store, original):
    """A replay of what was trained on would be fitted and held out at once."""
    records = scored(NAMES, flagged=FLAGGED)
    records.readings[:50] = original.readings
    ship(store, records)

    found = take_snapshot(store, original, Board(ALL))

    assert (found.n_new, found.n_left_out) == (50, 50)


def test_units_are_in_time_order(store, original):
    """By the line's time where it was sent, else by when the unit was scored."""
    records = scored(NAMES, flagged=FLAGGED)
    records.measured_at[::2] = np.datetime64("2026-01-01T00:00:10")
    ship(store, records)

    units = take_snapshot(store, original, Board(ALL)).units

    assert (np.diff(units.measured_at.astype(int)) >= 0).all()
    np.testing.assert_array_equal(units.readings[10], original.readings[10])
    np.testing.assert_array_equal(units.readings[11:61], records.readings[::2])
    assert units.measured_at[-1] == records.scored_at[-1].astype("datetime64[s]")


def test_damaged_object_does_not_hide_the_others(store, original):
    """What cannot be read is named, and everything else comes in."""
    ship(store, scored(NAMES, flagged=FLAGGED))
    key = object_key("20260301T070000.000000-w-2", date(2026, 3, 1))
    store.put(key, b"half of")

    found = take_snapshot(store, original, Board(ALL))

    assert (found.n_new, found.damaged) == (N, (key,))


def test_other_sensors_are_refused(store, original):
    """Units of another contract are no training data of this one."""
    records = scored(NAMES, flagged=FLAGGED)
    ship(store, records, sensors=("a", "b", "c"))

    with pytest.raises(SensorCountError, match="expected 2 readings per unit, got 3"):
        take_snapshot(store, _narrow(original), Board(ALL))


def test_object_that_changes_under_the_reader_is_told(store_environ, original):
    """Never the readings of one unit beside the outcome of another."""
    store = Store.from_environment(store_environ)
    key = ship(store, scored(NAMES, flagged=FLAGGED))

    class Overtaken(Store):
        """Gives what lies there once, and then other records."""

        __slots__ = ()

        def get(self, key):
            content = super().get(key)
            self.put(key, to_parquet(scored(NAMES, seed=9), SENSORS))
            return content

    with pytest.raises(RecordError, match=f"{key} was replaced while it was read"):
        take_snapshot(Overtaken.from_environment(store_environ), original, Board(ALL))


def test_snapshot_is_loaded_from_its_address(store, original, monkeypatch, tmp_path, store_environ):
    """What was written is what training loads, weights and all."""
    for name, value in store_environ.items():
        monkeypatch.setenv(name, value)
    new = _later(original, weight=np.full(50, 5.0))

    address = write_snapshot(store, extended(original, new))

    loaded = dataset.load(address, cache=tmp_path, open_bucket=bucket_opener(os.environ))
    assert loaded.digest == extended(original, new).digest
    assert loaded.weight.tolist() == [1.0] * 50 + [5.0] * 50
    assert address == f"s3://secom/data/snapshots/2026-02-01-{loaded.digest[:12]}"


def test_same_units_are_written_to_the_same_place(store, original):
    """Whoever repeats a snapshot finds it there already; other units go elsewhere."""
    once, again = (write_snapshot(store, original) for _ in range(2))
    other = write_snapshot(store, original.window(slice(0, 49)))

    assert once == again != other
    assert len(store.list("data/snapshots/")) == 2


def test_damaged_snapshot_is_refused(store, original, monkeypatch, tmp_path, store_environ):
    """Half of a snapshot is not trained on; writing it again mends it."""
    for name, value in store_environ.items():
        monkeypatch.setenv(name, value)
    address = write_snapshot(store, original)
    (key,) = store.list("data/snapshots/")
    store.put(key, store.get(key)[:-100])

    with pytest.raises(FormatError, match=f"{key} is not a whole Parquet file"):
        dataset.load(address, cache=tmp_path, open_bucket=bucket_opener(os.environ))
    write_snapshot(store, original)
    loaded = dataset.load(address, cache=tmp_path, open_bucket=bucket_opener(os.environ))
    assert loaded.digest == original.digest


def test_snapshot_in_a_folder_is_loaded(original, tmp_path):
    """A snapshot that was copied here is a source like any other."""
    dataset.write_units(original, tmp_path / "units.parquet")

    loaded = dataset.load(str(tmp_path), cache=tmp_path, open_bucket=bucket_opener({}))

    assert loaded.digest == original.digest


def _narrow(units):
    return Units(
        readings=units.readings[:, :2],
        is_fail=units.is_fail,
        measured_at=units.measured_at,
        source=units.source,
        is_synthetic=False,
        sensors=SENSORS[:2],
    )


def _later(units, *, weight):
    return Units(
        readings=units.readings + 1,
        is_fail=units.is_fail,
        measured_at=np.full(len(units), np.datetime64("2026-02-01T00:00:00")),
        source="",
        is_synthetic=False,
        sensors=SENSORS,
        weight=weight,
    )
