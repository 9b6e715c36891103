from datetime import timedelta

import numpy as np
import pytest

from secom_core.errors import OutcomeError, StoreError
from secom_core.outcomes import JOURNAL, Outcome, to_bytes
from secom_core.store.journal import Journal
from serving.monitor.joined_fails import KEY, JoinedFails
from serving.monitor.outcome_book import OutcomeBook
from serving.monitor.performance import Performance
from serving.monitor.rolling import Rolling
from tests.serving.monitor.scoring import NOW, scored, segment_key, ship


def outcome(name, *, is_fail=False, at=NOW):
    """What became of a unit."""
    return Outcome(unit_id=name, is_fail=is_fail, found_at=at)


def test_book_holds_all_deliveries(store):
    """Outcomes of all deliveries are counted once, those that came since and after a restart."""
    journal = Journal(store, JOURNAL)
    journal.append(to_bytes([outcome("a"), outcome("b", is_fail=True)], sender="lab"), after=0)
    book = OutcomeBook(store)
    book.read()
    journal.append(to_bytes([outcome("b", is_fail=True), outcome("c")], sender="lab"), after=1)
    again = OutcomeBook(store)

    for each in (book.read(), again.read()):
        assert each.by_result == {"pass": 2, "fail": 1}
        assert each.newest_at == journal.read()[1].written_at


def test_damaged_delivery_is_named(store):
    """Outcomes that cannot be read are not passed over."""
    Journal(store, JOURNAL).append(b"{}", after=0)

    with pytest.raises(OutcomeError, match="no delivery of outcomes"):
        OutcomeBook(store).read()


def test_joined_fails_only_grow(store):
    """Fails that were found once count on, in whatever monitor."""
    fails = JoinedFails(store)
    fails.add(["a", "b"])
    other = JoinedFails(store)
    other.add(["b", "c"])
    fails.add(["d"])

    again = JoinedFails(store)
    again.add([])
    assert len(fails) == len(again) == 4


def test_damaged_fails_are_named(store):
    """A document that is no list of units is not overwritten."""
    store.put(KEY, b"7")

    with pytest.raises(StoreError, match="no list of units"):
        JoinedFails(store).add(["a"])
    assert store.get(KEY) == b"7"


def test_fails_whose_predictions_are_out_of_sight_count_on(store, pair):
    """A training learns from all that was joined, not from the units scored last alone."""
    first = scored(pair[0], pair[0].golden.readings)
    later = scored(pair[0], np.tile(pair[0].golden.readings, (3, 1)), first=100)
    found = [outcome(name, is_fail=True) for name in first.unit_id]
    Journal(store, JOURNAL).append(to_bytes(found, sender="lab"), after=0)
    rolling = Rolling(store, n_units=20)
    ship(store, pair[0], first, segment_key(0))
    rolling.fill(NOW, most=10)
    performance = Performance(store, rolling, OutcomeBook(store))
    performance.look(pair[0].digest)
    ship(store, pair[0], later, segment_key(100))
    restarted = Rolling(store, n_units=20)
    restarted.fill(NOW, most=10)

    _, counts = Performance(store, restarted, OutcomeBook(store)).look(pair[0].digest)

    assert counts.n_fails_joined == len(first)
    assert counts.n_unmatched == len(first)


def test_outcomes_from_before_all_that_is_held_are_not_missed(store, pair):
    """Only outcomes that a prediction should be known of count as unmatched."""
    records = scored(pair[0], pair[0].golden.readings)
    found = [outcome("never-scored"), outcome("of-last-year", at=NOW - timedelta(days=365))]
    Journal(store, JOURNAL).append(to_bytes(found, sender="lab"), after=0)
    ship(store, pair[0], records, segment_key(0))
    rolling = Rolling(store)
    rolling.fill(NOW, most=10)

    _, counts = Performance(store, rolling, OutcomeBook(store)).look(pair[0].digest)

    assert counts.n_unmatched == 1


def test_nothing_is_said_while_units_are_read_back(store, pair):
    """Half of the units would tell another story than all of them."""
    for number in range(3):
        records = scored(pair[0], pair[0].golden.readings, first=100 * number)
        ship(store, pair[0], records, segment_key(100 * number))
    rolling = Rolling(store)
    performance = Performance(store, rolling, OutcomeBook(store))
    rolling.fill(NOW, most=3)
    before = performance.look(pair[0].digest)
    rolling.fill(NOW, most=3)  # finds that there are no more

    after = performance.look(pair[0].digest)

    assert (before[0], before[1].n_unmatched) == (None, None)
    assert (after[0].state, after[1].n_unmatched) == ("not_enough_outcomes", 0)
