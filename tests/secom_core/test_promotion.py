from dataclasses import replace

import pytest

from secom_core import bundle, gate
from secom_core.errors import ConflictError, StoreError
from secom_core.promotion import crown, publish, reinstate
from secom_core.store import Settings, Store, append_to_ledger, fetch_bundle, read_champion

HOLDOUT = "e" * 64


@pytest.fixture
def challenger(bundles):
    """A bundle that the gate let through."""
    return bundles["logistic"]


@pytest.fixture
def verdict(challenger):
    """The first verdict ever: promote."""
    return gate.Verdict(
        decision="promote",
        basis="judged",
        reasons=("It meets every condition.",),
        challenger=challenger.digest,
        holdout=HOLDOUT,
        champion=None,
        attempt=1,
    )


@pytest.fixture
def rival(bundles, verdict):
    """Another bundle with a verdict of its own."""
    other = bundles["reference"]
    return other, replace(verdict, challenger=other.digest)


def promote(store, challenger, verdict, run_id="run-7"):
    """Publish, then point."""
    publish(store, challenger, verdict)
    crown(store, challenger, verdict, run_id=run_id)


def test_promoted_bundle_is_the_champion(store, challenger, verdict, tmp_path):
    """The pointer names it and what it has seen, and under its name lies the bundle itself."""
    promote(store, challenger, verdict)

    champion = read_champion(store)
    fetched = bundle.read(fetch_bundle(store, champion.digest, tmp_path / "fetched"))
    assert champion.digest == fetched.digest == challenger.digest
    assert champion.run_id == "run-7"
    assert champion.seen_until == challenger.card.seen_until
    assert (champion.is_synthetic, champion.holdout_digest) == (True, HOLDOUT)


def test_published_bundle_is_not_yet_champion(store, challenger, verdict):
    """Whoever dies between the two steps has changed nothing that is served."""
    publish(store, challenger, verdict)

    assert read_champion(store) is None


def test_promotion_can_be_repeated(store, challenger, verdict):
    """Run again, it ends the same, and the first run stays the one that promoted."""
    promote(store, challenger, verdict)
    keys = store.list("")

    promote(store, challenger, replace(verdict, basis="recorded"), run_id="run-8")

    assert read_champion(store).run_id == "run-7"
    assert store.list("") == keys


def test_better_challenger_follows_the_champion_it_beat(store, challenger, verdict, rival):
    """The pointer moves from the one that the gate compared it with."""
    other, its_verdict = rival
    promote(store, other, its_verdict)

    promote(store, challenger, replace(verdict, champion=other.digest))

    assert read_champion(store).digest == challenger.digest


@pytest.mark.parametrize("compared_with", [None, "0" * 64])
def test_champion_that_has_come_since_stays(store, challenger, verdict, rival, compared_with):
    """A verdict against somebody else, or nobody, does not depose the present champion."""
    promote(store, *rival)

    with pytest.raises(ConflictError, match=r"the champion is .* Start a new run"):
        promote(store, challenger, replace(verdict, champion=compared_with))
    assert read_champion(store).digest == rival[0].digest


def test_lost_pointer_is_set_again(store, challenger, verdict):
    """Where nobody is champion any more, the one whom the gate let through becomes it."""
    promote(store, challenger, replace(verdict, basis="recorded", champion="0" * 64))

    assert read_champion(store).digest == challenger.digest


@pytest.mark.parametrize("step", [publish, lambda *args: crown(*args, run_id="run-7")])
@pytest.mark.parametrize("decision", ["keep", "none"])
def test_verdict_that_says_no_promotes_nobody(store, challenger, verdict, step, decision):
    """Neither step goes ahead on a "no"."""
    with pytest.raises(ConflictError, match=f"the gate decided '{decision}'"):
        step(store, challenger, replace(verdict, decision=decision))
    assert store.list("") == ()


@pytest.mark.parametrize("step", [publish, lambda *args: crown(*args, run_id="run-7")])
def test_verdict_on_another_bundle_promotes_nobody(store, challenger, rival, step):
    """A "yes" is for the bundle that was judged."""
    _, its_verdict = rival

    with pytest.raises(ConflictError, match="Let the gate judge this bundle"):
        step(store, challenger, its_verdict)
    assert store.list("") == ()


def test_store_that_is_away_is_said_to_be(challenger, verdict):
    """The error names the store, and nothing has happened."""
    settings = Settings(endpoint="http://127.0.0.1:9", access_key="key", secret_key="secret")

    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9"):
        publish(Store(settings), challenger, verdict)


def test_overtaken_challenger_is_not_even_published(store, challenger, verdict, rival):
    """A roll-out would only have to be taken back."""
    promote(store, challenger, verdict)
    other, its_verdict = rival

    with pytest.raises(ConflictError, match="Start a new run"):
        publish(store, other, its_verdict)


def test_earlier_bundle_is_champion_again(store, challenger, verdict, rival):
    """With what it has seen, and the holdout whose ledger knows it."""
    promote(store, challenger, verdict)
    first = read_champion(store)
    append_to_ledger(store, HOLDOUT, lambda _entries: verdict.to_json())
    other, its_verdict = rival
    promote(store, other, replace(its_verdict, champion=challenger.digest))

    reinstate(store, challenger)

    assert read_champion(store) == replace(first, run_id=challenger.run_id)


def test_bundle_that_no_gate_has_judged_can_be_champion(store, challenger):
    """One that came from another site has no holdout here; and repeated, nothing changes."""
    for _ in range(2):
        reinstate(store, challenger)

    assert read_champion(store).holdout_digest == ""
