from dataclasses import replace
from threading import Barrier, Thread

import pytest

from secom_core.errors import ConflictError, StoreError
from secom_core.store import Champion, Store, move_champion, read_champion

FIRST = Champion(
    digest="a" * 64,
    run_id="run-1",
    seen_until="2008-10-01T12:00:00",
    is_synthetic=False,
    holdout_digest="c" * 64,
)
SECOND = replace(FIRST, digest="b" * 64, run_id="run-2")


def test_there_is_no_champion_at_first(store):
    """An empty store has no champion."""
    assert read_champion(store) is None


def test_champion_is_read_as_it_was_written(store):
    """What was promoted is what is read."""
    move_champion(store, FIRST, replaces=None)
    move_champion(store, SECOND, replaces=FIRST)

    assert read_champion(store) == SECOND


def test_promotion_can_be_repeated(store):
    """A promotion that was killed after it moved the pointer ends the same when run again."""
    move_champion(store, FIRST, replaces=None)
    move_champion(store, FIRST, replaces=None)

    assert read_champion(store) == FIRST


@pytest.mark.parametrize("believed", [None, SECOND])
def test_overtaken_promotion_is_refused(store, believed):
    """Who was compared with another champion than the present one does not replace it."""
    move_champion(store, FIRST, replaces=None)
    third = replace(FIRST, digest="d" * 64)

    with pytest.raises(ConflictError, match="the champion is aaaaaaaaaaaa, not"):
        move_champion(store, third, replaces=believed)

    assert read_champion(store) == FIRST


def test_champion_that_is_gone_is_not_replaced(store):
    """Who was compared with a champion that has been taken away is told."""
    with pytest.raises(ConflictError, match="the champion is nobody, not aaaaaaaaaaaa"):
        move_champion(store, SECOND, replaces=FIRST)


def test_one_of_two_promotions_wins(store, store_environ):
    """Of two challengers promoted at the same moment, one is, and the other is told."""
    start = Barrier(2)
    refused = []

    def promote(challenger):
        start.wait()
        try:
            move_champion(Store.from_environment(store_environ), challenger, replaces=None)
        except ConflictError:
            refused.append(challenger)

    promotions = [Thread(target=promote, args=(challenger,)) for challenger in (FIRST, SECOND)]
    for promotion in promotions:
        promotion.start()
    for promotion in promotions:
        promotion.join()

    assert len(refused) == 1
    assert read_champion(store) in {FIRST, SECOND} - set(refused)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"\xff",
        b"[]",
        b"{}",
        b'{"digest": "a"}',
        (
            b'{"digest": 1, "run_id": "", "seen_until": "", "is_synthetic": false,'
            b' "holdout_digest": ""}'
        ),
    ],
)
def test_damaged_pointer_is_refused(store, content):
    """A pointer that this version did not write stops everything, with advice."""
    store.put("champion.json", content)

    with pytest.raises(StoreError, match=r"s3://secom/champion\.json is not a champion pointer"):
        read_champion(store)
    with pytest.raises(StoreError, match="Restore it"):
        move_champion(store, FIRST, replaces=None)
    assert store.get("champion.json") == content
