from threading import Barrier, Thread

import pytest

from secom_core.errors import ConflictError, StoreError
from secom_core.store import Store, append_to_ledger, read_ledger
from secom_core.store.ledger import MAX_TRIES

HOLDOUT = "c" * 64


def test_ledger_begins_empty(store):
    """Nothing has been judged on a new holdout."""
    assert read_ledger(store, HOLDOUT) == ((), None)


def test_verdicts_are_kept_in_order(store):
    """What is added stays, after what was there, and each holdout has a ledger of its own."""
    append_to_ledger(store, HOLDOUT, lambda _: {"challenger": "first"})
    append_to_ledger(store, HOLDOUT, lambda _: {"challenger": "second"})
    append_to_ledger(store, "d" * 64, lambda _: {"challenger": "elsewhere"})

    entries, _ = read_ledger(store, HOLDOUT)

    assert entries == ({"challenger": "first"}, {"challenger": "second"})


def test_judge_sees_what_was_judged_before(store):
    """Whoever judges is shown the ledger."""
    append_to_ledger(store, HOLDOUT, lambda _: {"challenger": "first"})
    shown = []

    append_to_ledger(store, HOLDOUT, shown.extend)

    assert shown == [{"challenger": "first"}]


def test_nothing_is_added_where_nothing_was_judged(store):
    """A verdict that was only looked up leaves the ledger as it is."""
    append_to_ledger(store, HOLDOUT, lambda _: None)

    assert store.list("ledger/") == ()


def test_second_of_two_judges_again(store, store_environ):
    """Of two who judge at the same time, the slower judges again and counts the other."""
    start = Barrier(2)
    attempts = {"a": [], "b": []}

    def judge(name):
        def decide(entries):
            if not attempts[name]:
                start.wait()  # both have read an empty ledger now
            attempts[name].append(len(entries) + 1)
            return {"challenger": name, "attempt": len(entries) + 1}

        append_to_ledger(Store.from_environment(store_environ), HOLDOUT, decide)

    judges = [Thread(target=judge, args=(name,)) for name in attempts]
    for each in judges:
        each.start()
    for each in judges:
        each.join()

    entries, _ = read_ledger(store, HOLDOUT)
    assert sorted(attempts.values()) == [[1], [1, 2]]
    assert {entry["challenger"] for entry in entries} == {"a", "b"}
    assert [entry["attempt"] for entry in entries] == [1, 2]


def test_judge_gives_up_when_others_are_always_first(store):
    """Who is overtaken every time says so in the end, and has added nothing."""
    judged = []

    def overtaken(entries):
        judged.append(len(entries))
        append_to_ledger(store, HOLDOUT, lambda _: {"challenger": "other"})
        return {"challenger": "late"}

    with pytest.raises(ConflictError, match="Start fewer runs at once"):
        append_to_ledger(store, HOLDOUT, overtaken)

    assert judged == list(range(MAX_TRIES))
    assert {entry["challenger"] for entry in read_ledger(store, HOLDOUT)[0]} == {"other"}


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_damaged_ledger_is_refused(store, content):
    """A ledger that this version did not write is never overwritten."""
    store.put(f"ledger/{HOLDOUT}.json", content)

    with pytest.raises(StoreError, match=r"is not a ledger.*Restore it from a backup"):
        append_to_ledger(store, HOLDOUT, lambda _: {"challenger": "first"})

    assert store.get(f"ledger/{HOLDOUT}.json") == content


def test_figures_that_json_cannot_hold_are_not_written(store):
    """A NaN would make a document that other readers refuse."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        append_to_ledger(store, HOLDOUT, lambda _: {"auc": float("nan")})
