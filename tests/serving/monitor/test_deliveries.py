from datetime import UTC, datetime
from itertools import chain
from threading import Thread

import pytest

from secom_core.errors import StoreError
from secom_core.outcomes import JOURNAL, Outcome
from secom_core.store import Store, documents
from serving.monitor.deliveries import Deliveries
from serving.monitor.outcome_book import OutcomeBook
from tests.secom_core.store.losing import losing_an_answer

FOUND = datetime(2008, 10, 17, 6, tzinfo=UTC)


def outcome(unit_id, *, is_fail=False):
    """What became of one unit."""
    return Outcome(unit_id=unit_id, is_fail=is_fail, found_at=FOUND)


def kept(store):
    """Unit ids in the journal, in order, one list an entry."""
    entries = [documents.from_bytes(store.get(key)) for key in store.list(JOURNAL)]
    return [[each["unit_id"] for each in entry["outcomes"]] for entry in entries]


def test_what_is_new_is_kept_with_its_sender(store):
    """An entry a delivery; what is known already is not written again."""
    deliveries = Deliveries(store, OutcomeBook(store))
    deliveries.take_in([outcome("w1")], sender="token monitor at 10.0.0.7")

    added = deliveries.take_in([outcome("w1"), outcome("w2")], sender="token monitor at 10.0.0.8")

    assert (len(added.accepted), len(added.known)) == (1, 1)
    assert kept(store) == [["w1"], ["w2"]]
    entries = [documents.from_bytes(store.get(key)) for key in store.list(JOURNAL)]
    assert [entry["sender"][-1] for entry in entries] == ["7", "8"]


def test_a_restart_knows_all_of_it(store):
    """Nothing is in memory alone."""
    Deliveries(store, OutcomeBook(store)).take_in([outcome("w1"), outcome("w2")], sender="")

    added = Deliveries(store, OutcomeBook(store)).take_in([outcome("w1"), outcome("w2")], sender="")

    assert (len(added.accepted), len(added.known)) == (0, 2)
    assert kept(store) == [["w1", "w2"]]


def test_a_contradiction_keeps_all_of_a_delivery_out(store):
    """Both values are told."""
    deliveries = Deliveries(store, OutcomeBook(store))
    deliveries.take_in([outcome("w1")], sender="")

    added = deliveries.take_in([outcome("w2"), outcome("w1", is_fail=True)], sender="")

    (conflict,) = added.conflicts
    assert (conflict.kept.result, conflict.refused.result) == ("pass", "fail")
    assert kept(store) == [["w1"]]
    assert deliveries.take_in([outcome("w2")], sender="").accepted


def test_deliveries_at_the_same_time_are_all_kept_once(store):
    """By two monitors that take each other for dead, and many clients."""
    monitors = [Deliveries(store, OutcomeBook(store)), Deliveries(store, OutcomeBook(store))]
    threads = [
        Thread(
            target=monitors[n % 2].take_in,
            args=([outcome(f"w{n // 2}"), outcome("same")],),
            kwargs={"sender": ""},
        )
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(chain.from_iterable(kept(store))) == ["same", *(f"w{n}" for n in range(6))]


def test_of_two_that_contradict_each_other_at_the_same_time_one_is_kept(store):
    """The second one to write judges anew."""
    results = []

    def deliver(*, is_fail):
        added = Deliveries(store, OutcomeBook(store)).take_in(
            [outcome("w1", is_fail=is_fail)], sender=""
        )
        results.append(bool(added.conflicts))

    threads = [Thread(target=deliver, kwargs={"is_fail": each}) for each in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False, True]
    assert kept(store) == [["w1"]]


def test_a_lost_answer_is_an_error_and_a_repeat_finds_it_known(store_environ, store):
    """Nothing is there twice."""
    with losing_an_answer(store_environ) as environ:
        losing = Store.from_environment(environ)
        deliveries = Deliveries(losing, OutcomeBook(losing))
        with pytest.raises(StoreError):
            deliveries.take_in([outcome("w1")], sender="")

        added = deliveries.take_in([outcome("w1")], sender="")

    assert added.known
    assert kept(store) == [["w1"]]
