from datetime import UTC, datetime

import pytest

from secom_core import dataset
from secom_core.outcomes import Outcome
from secom_core.store import bucket_opener
from serving.monitor.deliveries import Deliveries
from serving.monitor.outcome_book import OutcomeBook
from serving.monitor.snapshots import Snapshots
from tests.serving.monitor.scoring import scored, ship_all


@pytest.fixture
def snapshots(store, store_environ, tmp_path):
    """What a training of the twin is made on."""
    return Snapshots(
        store,
        "synthetic",
        cache=tmp_path,
        open_bucket=bucket_opener(store_environ),
        book=OutcomeBook(store),
    )


def final_test(is_fail):
    """Outcomes of all units that were scored, found after them."""
    found_at = datetime(2008, 11, 21, tzinfo=UTC)
    return [
        Outcome(unit_id=f"unit-{number}", is_fail=bool(each), found_at=found_at)
        for number, each in enumerate(is_fail)
    ]


def test_without_outcomes_the_original_units_are_trained_on(snapshots, store):
    """Nothing is written, and the pipeline reads what it always has."""
    data = snapshots()

    assert data.address == "synthetic"
    assert store.list("data/") == ()


def test_what_was_scored_and_tested_since_comes_in(snapshots, store, store_environ, pair, tmp_path):
    """The pipeline finds it at the address, with the digest by which it is known."""
    before = snapshots()
    made = dataset.twin(n_units=100, seed=9)
    records = scored(pair[0], made.readings)
    ship_all(store, pair[0], records, size=50)
    outcomes = final_test(made.is_fail)
    Deliveries(store, OutcomeBook(store)).take_in(outcomes, sender="token monitor at 10.0.0.7")

    data = snapshots()
    again = snapshots()

    units = dataset.load(data.address, cache=tmp_path, open_bucket=bucket_opener(store_environ))
    assert units.digest == data.digest != before.digest
    assert len(units) == len(dataset.twin(seed=0)) + 100
    assert again == data
