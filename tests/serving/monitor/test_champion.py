import pytest

from secom_core.errors import BundleError, StoreError
from secom_core.promotion import crown, reinstate
from secom_core.store import move_champion
from serving.monitor.champion import FOLDER, BundleAtHand, Champions
from tests.bundles import promoting


def crowned(store, challenger, champion=None):
    """Let a bundle follow a champion as the gate does."""
    verdict = promoting(challenger, champion).verdict
    crown(store, challenger, verdict, run_id="run-8")


def kinds(champions):
    """What kind each reign is of."""
    return [reign.kind for reign in champions.reigns]


def test_there_may_be_no_champion(store):
    """An empty store has no history, and none is written."""
    champions = Champions(store)

    assert champions.look() is None
    assert champions.changes == {"promotion": 0, "rollback": 0}
    assert store.list(FOLDER) == ()


def test_first_champion_is_no_change(store, published):
    """Who is champion when the monitor first looks has replaced nobody that it knows of."""
    crowned(store, published[0])
    champions = Champions(store)

    for _ in range(2):
        assert champions.look().digest == published[0].digest
    assert kinds(champions) == ["first"]
    assert champions.changes == {"promotion": 0, "rollback": 0}


def test_promotion_and_rollback_are_told_apart(store, published):
    """A new champion is a promotion, one that was before a rollback; restarts count none."""
    first, second = published
    crowned(store, first)
    Champions(store).look()
    crowned(store, second, first)
    Champions(store).look()
    reinstate(store, first)

    champions = Champions(store)
    champions.look()

    assert kinds(champions) == ["first", "promotion", "rollback"]
    assert champions.changes == {"promotion": 1, "rollback": 1}
    assert champions.reigns[1].run_id == "run-8"


def test_reinstated_bundle_is_a_rollback(store, published):
    """A champion on which no gate has judged was put there by hand."""
    first, second = published
    crowned(store, first)
    champions = Champions(store)
    champions.look()
    reinstate(store, second)

    champions.look()

    assert kinds(champions) == ["first", "rollback"]


def test_two_monitors_write_a_change_once(store, published):
    """Two that look at the same moment agree on one history."""
    first, second = published
    crowned(store, first)
    ours, theirs = Champions(store), Champions(store)
    for champions in (ours, theirs):
        champions.look()
    crowned(store, second, first)

    for champions in (ours, theirs, Champions(store)):
        champions.look()
        assert kinds(champions) == ["first", "promotion"]


def test_champion_that_is_lost_and_found_has_not_changed(store, published):
    """A pointer that vanishes and comes back as it was is no change."""
    crowned(store, published[0])
    champions = Champions(store)
    pointer = champions.look()
    store.remove("champion.json")
    assert champions.look() is None
    move_champion(store, pointer, replaces=None)

    champions.look()

    assert kinds(champions) == ["first"]


def test_damaged_history_is_named(store, published):
    """An entry of another version is not passed over."""
    crowned(store, published[0])
    store.put(f"{FOLDER}000000001.json", b'{"digest": "a"}')

    with pytest.raises(StoreError, match="entry 1 in s3://secom/monitor/champions/"):
        Champions(store).look()


def test_bundle_is_fetched_once(store, published, tmp_path):
    """The champion's bundle is at hand; another one replaces it in the scratch folder."""
    first, second = published
    at_hand = BundleAtHand(store, tmp_path / "scratch")

    got = at_hand.get(first.digest)
    assert at_hand.get(first.digest) is got
    assert at_hand.get(second.digest).digest == second.digest
    assert [each.name for each in (tmp_path / "scratch" / "bundle").iterdir()] == [second.digest]


def test_damaged_bundle_is_refused(store, published, tmp_path):
    """A bundle with an altered file judges nothing."""
    digest = published[0].digest
    store.put(f"bundles/{digest}/golden.json", b"{}")

    with pytest.raises(BundleError, match=r"golden\.json"):
        BundleAtHand(store, tmp_path / "scratch").get(digest)
