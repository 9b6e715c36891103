from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from secom_core.errors import StoreError
from secom_core.store import Champion, Store, append_to_ledger, kept_bundles, move_champion, prune

TODAY = datetime.now(UTC)
OLD, MIDDLE, NEW = "a" * 64, "b" * 64, "c" * 64


def publish(store, digest):
    """Put something with a manifest where a bundle would be."""
    for name in ("model.onnx", "manifest.json"):
        store.put(f"bundles/{digest}/{name}", b"{}")


class Aged(Store):
    """A store whose bundles were published days after each other."""

    def find(self, prefix):
        """Return what is there, as old as it is said to be."""
        return tuple(
            replace(found, written_at=_written_at(found)) for found in super().find(prefix)
        )


def _written_at(found):
    for digest, days in {OLD: 3, MIDDLE: 2, NEW: 1}.items():
        if digest in found.key:
            return TODAY - timedelta(days=days)
    return found.written_at


@pytest.fixture
def three(store_environ):
    """Three bundles, published a day after each other."""
    store = Aged.from_environment(store_environ)
    for digest in (OLD, MIDDLE, NEW):
        publish(store, digest)
    return store


def crown(store, digest):
    """Make a bundle the champion."""
    champion = Champion(
        digest=digest, run_id="r", seen_until="2008", is_synthetic=False, holdout_digest="e" * 64
    )
    move_champion(store, champion, replaces=None)


def pruned(store, *, n_newest=1, run_days=30, now=TODAY):
    """Prune, and return what was deleted."""
    return prune(store, kept=kept_bundles(store, n_newest=n_newest), run_days=run_days, now=now)


def test_bundles_that_nobody_names_go(three):
    """All of their files, and nothing of the others."""
    assert set(pruned(three).bundles) == {OLD, MIDDLE}
    assert three.list("bundles/") == (
        f"bundles/{NEW}/manifest.json",
        f"bundles/{NEW}/model.onnx",
    )


def test_pruning_can_be_repeated(three):
    """The second time there is nothing to do."""
    pruned(three)

    assert pruned(three).bundles == ()


def test_rollback_window_stays(three):
    """Those that were published last."""
    assert pruned(three, n_newest=2).bundles == (OLD,)


def test_champion_stays(three):
    """However old it is."""
    crown(three, OLD)

    assert pruned(three).bundles == (MIDDLE,)


@pytest.mark.parametrize("role", ["challenger", "champion"])
def test_whatever_a_ledger_names_stays(three, role):
    """A verdict can be looked into as long as it stands."""
    append_to_ledger(three, "e" * 64, lambda _entries: {role: OLD})

    assert pruned(three).bundles == (MIDDLE,)


def test_damaged_ledger_deletes_nothing(three):
    """Nobody knows what it named."""
    three.put("ledger/x.json", b"[")

    with pytest.raises(StoreError, match="is not a ledger"):
        pruned(three)

    assert len(three.list("bundles/")) == 6


def test_bundle_on_its_way_stays_and_a_torso_goes(store):
    """Without its manifest a folder is one or the other; the day tells."""
    store.put(f"bundles/{OLD}/model.onnx", b"{}")

    assert pruned(store).bundles == ()
    assert pruned(store, now=TODAY + timedelta(days=2)).bundles == (OLD,)
    assert store.list("bundles/") == ()


def test_ends_of_old_runs_go(store):
    """After as many days as they are kept."""
    store.put("runs/r-1/outcome.json", b"{}")

    assert pruned(store, run_days=30, now=TODAY + timedelta(days=29)).runs == ()
    assert pruned(store, run_days=30, now=TODAY + timedelta(days=31)).runs == ("r-1",)
    assert store.list("runs/") == ()


def test_nothing_else_is_touched(three):
    """Neither pointer nor hold nor ledger nor what others keep in the bucket."""
    crown(three, OLD)
    others = ("access-check", "hold.json", "line/out/summary.json")
    for key in others:
        three.put(key, b"{}")

    pruned(three, now=TODAY + timedelta(days=999))

    assert {*others, "champion.json"} <= set(three.list(""))
