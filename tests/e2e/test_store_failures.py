"""A store that is wrong, damaged or away: the champion goes on answering, and why is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from secom_core.bundle import Bundle
from secom_core.store import bundle_prefix, read_champion
from tests.e2e import cluster
from tests.e2e.cluster import apply, evict
from tests.e2e.release import Installed, Release
from tests.e2e.store import Bucket, Door, keys_secret
from tests.e2e.tasks import roll_back
from tests.e2e.traffic.driving import Driving

pytestmark = pytest.mark.e2e


@contextmanager
def _damaged(bucket: Bucket, key: str) -> Iterator[None]:
    """Change an object of the bucket, and put it right again."""
    store = bucket.open()
    content = store.get(key)
    store.put(key, content[:-1] + bytes([content[-1] ^ 1]))
    try:
        yield
    finally:
        store.put(key, content)


@contextmanager
def _wrong_keys(bucket: Bucket, namespace: str) -> Iterator[None]:
    """Give those who fetch bundles a wrong key."""
    apply(keys_secret(bucket, namespace, name="keys", secret_key="not-the-key"))
    try:
        yield
    finally:
        apply(keys_secret(bucket, namespace, name="keys"))


@contextmanager
def _shut(door: Door) -> Iterator[None]:
    """Take the store away."""
    door.shut()
    try:
        yield
    finally:
        door.open()


def _last_words(release: Release) -> str:
    """Return what the pods' failed attempts to fetch a bundle left behind."""
    return "".join(
        ended.get("message", "")
        for pod in cluster.items("pods", release.namespace, release.selector)
        for container in pod["status"].get("initContainerStatuses", ())
        for state in (container["state"], container["lastState"])
        if (ended := state.get("terminated"))
    )


@pytest.fixture(autouse=True)
def _champion_stays(installed: Installed, bucket: Bucket) -> Iterator[None]:
    """After each failure two predictors serve the champion, and the store names it."""
    yield
    release, digest = installed.release, installed.champion.digest
    assert release.bundle() == digest
    champion = read_champion(bucket.open())
    assert champion
    assert champion.digest == digest
    cluster.until(
        lambda: len(cluster.items("pods", release.namespace, release.selector)) == 2,
        seconds=90,
        what="two predictors and no third",
    )
    release.wait_for_pods(2)


def test_wrong_keys_of_a_task_are_named(
    installed: Installed, published: Sequence[Bundle], bucket: Bucket
):
    """It ends before it has touched anything."""
    environ = {"AWS_SECRET_ACCESS_KEY": "not-the-key"}

    outcome = roll_back(installed.release, published[1].digest, environ=environ).outcome()

    assert not outcome.is_success
    assert "AWS_SECRET_ACCESS_KEY" in outcome.log
    assert bucket.secret_key not in outcome.log


def test_a_missing_bucket_is_named(installed: Installed, published: Sequence[Bundle]):
    """It ends before it has touched anything."""
    environ = {"SECOM_BUCKET": "no-such-bucket"}

    outcome = roll_back(installed.release, published[1].digest, environ=environ).outcome()

    assert not outcome.is_success
    assert "no-such-bucket" in outcome.log


def test_a_damaged_bundle_is_never_served(
    installed: Installed, traffic: Driving, published: Sequence[Bundle], bucket: Bucket
):
    """The roll-out says what is damaged, and touches nothing."""
    digest = published[2].digest

    with _damaged(bucket, bundle_prefix(digest) + "model.onnx"), traffic("damage") as flowing:
        outcome = roll_back(installed.release, digest).outcome()

    assert not outcome.is_success
    assert "model.onnx" in outcome.log
    flowing.require_lossless()
    for seen in flowing.figures.values():
        assert set(seen.answers) == {installed.champion.digest}


def test_a_champion_that_is_damaged_later_serves_where_it_serves_and_nowhere_else(
    installed: Installed, traffic: Driving, bucket: Bucket
):
    """A pod that takes another's place verifies what it fetches before it starts to serve."""
    release = installed.release
    key = bundle_prefix(installed.champion.digest) + "model.onnx"

    with traffic("damage of the champion") as flowing:
        with _damaged(bucket, key):
            evict(release.pods()[0])
            cluster.until(
                lambda: "model.onnx" in _last_words(release), seconds=60, what="a refusal to start"
            )
            assert len(release.pods()) == 1
        release.wait_for_pods(2)

    flowing.require_lossless()


def test_predictors_that_cannot_fetch_never_replace_those_that_serve(
    installed: Installed, traffic: Driving, published: Sequence[Bundle], bucket: Bucket
):
    """Their keys are wrong, the task's are right: the roll-out goes back."""
    release = installed.release

    with _wrong_keys(bucket, release.namespace), traffic("wrong keys") as flowing:
        outcome = roll_back(release, published[1].digest).outcome()

    assert not outcome.is_success
    assert published[1].digest[:12] in outcome.log
    flowing.require_lossless()


def test_a_store_that_goes_away_during_a_roll_out_costs_no_request(
    installed: Installed, traffic: Driving, published: Sequence[Bundle], door: Door
):
    """The pods that serve are kept until there are others, so there is nothing to lose."""
    release, digest = installed.release, published[1].digest

    with traffic("roll-out without a store") as flowing:
        task = roll_back(release, digest)
        cluster.until(lambda: release.bundle() == digest, seconds=60, what="a roll-out")
        with _shut(door):
            outcome = task.outcome()

    assert not outcome.is_success
    assert digest[:12] in outcome.log or "storage-initializer" in outcome.log
    flowing.require_lossless()


def test_a_store_that_is_away_while_scaling_only_delays_the_new_predictor(
    installed: Installed, traffic: Driving, door: Door
):
    """Two go on serving; the third comes when the store does."""
    release = installed.release

    with traffic("scaling without a store") as flowing:
        with _shut(door):
            release.scale(3)
            cluster.until(
                lambda: len(cluster.items("pods", release.namespace, release.selector)) == 3,
                seconds=60,
                what="a third predictor that waits",
            )
            assert len(release.pods()) == 2
        release.wait_for_pods(3)
        release.scale(2)
        release.wait_for_pods(2)

    flowing.require_lossless()
