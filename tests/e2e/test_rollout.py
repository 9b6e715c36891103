"""Roll-outs as they begin, go wrong, are killed, meet each other and are repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from pipelines.resources import SECRET
from secom_core.bundle import Bundle
from secom_core.store import Store, hold, publish_bundle, read_champion, release
from tests.e2e import cluster, store
from tests.e2e.cluster import apply, get, until
from tests.e2e.release import Release
from tests.e2e.rollout_parts import kill_task, start_promotion, start_verb, write_unservable
from tests.e2e.store import Bucket, keys_secret
from tests.e2e.tasks import service_account

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def bucket(reachable) -> Iterator[Bucket]:  # noqa: ARG001 - to be asked first
    """A bucket of these tests' own: its champion is theirs."""
    with store.bucket() as made:
        yield made


@pytest.fixture(scope="module")
def unservable(bundles: Sequence[Bundle], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with which no server starts."""
    return write_unservable(bundles[0], tmp_path_factory.mktemp("unservable") / "bundle")


@pytest.fixture(scope="module")
def published(bundles: Sequence[Bundle], unservable: Bundle, bucket: Bucket) -> Sequence[Bundle]:
    """Three bundles in the store, and the one that cannot be served."""
    for one in (*bundles, unservable):
        publish_bundle(bucket.open(), one.path, one.digest)
    return bundles


@pytest.fixture(scope="module")
def line(reachable, bucket: Bucket) -> Iterator[Release]:  # noqa: ARG001 - to be asked first
    """The chart with one predictor and nothing else, and no champion."""
    with cluster.namespace("rollout", pod_security="restricted") as namespace:
        secrets = [keys_secret(bucket, namespace, name=name) for name in ("keys", SECRET)]
        apply(service_account(namespace), *secrets)
        made = Release("line", namespace)
        made.install(
            {
                "objectStore": {
                    "endpoint": bucket.inside,
                    "bucket": bucket.name,
                    "existingSecret": "keys",
                },
                "minio": {"enabled": False},
                "mlflow": {"enabled": False, "trackingUri": "http://mlflow.example:5000"},
                "monitor": {"enabled": False},
                "storageContainer": {"create": True},
                "inferenceService": {"minReplicas": 1, "maxReplicas": 1},
            }
        )
        yield made
        made.uninstall()


@pytest.fixture
def objects(bucket: Bucket) -> Store:
    """The store."""
    return bucket.open()


@pytest.fixture
def served(line: Release, published: Sequence[Bundle], objects: Store) -> Bundle:
    """The champion, on one predictor that is ready; the first bundle where there is none yet."""
    champion = read_champion(objects)
    digest = champion.digest if champion else published[0].digest
    if not line.pods():
        outcome = start_verb(line, "rollback", digest).outcome()
        assert outcome.is_success, outcome.log
    return next(one for one in published if one.digest == digest)


@pytest.fixture
def others(served: Bundle, published: Sequence[Bundle]) -> Sequence[Bundle]:
    """Two bundles that are not the champion."""
    return [one for one in published if one.digest != served.digest]


def _require_untouched(line: Release, objects: Store, champion: Bundle, uid: str) -> None:
    """Require that the champion serves, in the very pod that served before."""
    assert line.bundle() == champion.digest
    assert _uid(line) == uid
    assert _champion(objects) == champion.digest


def _uid(line: Release) -> str:
    (pod,) = line.wait_for_pods(1)
    return pod["metadata"]["uid"]


def _champion(objects: Store) -> str:
    champion = read_champion(objects)
    assert champion
    return champion.digest


def test_first_bundle_that_fails_does_not_serve(
    line: Release, objects: Store, published: Sequence[Bundle], unservable: Bundle
):
    """There is none to go back to: its pods are taken away, and there is no champion."""
    assert published
    outcome = start_promotion(line, unservable, None, run_id="run-1").outcome()

    assert not outcome.is_success
    assert "golden request" in outcome.log
    assert "no bundle to go back to" in outcome.log
    assert not cluster.items("pods", line.namespace, line.selector)
    assert read_champion(objects) is None
    assert b"golden request" in objects.get("runs/run-1/failure.json")


def test_promotion_rolls_out_and_then_points(
    line: Release, objects: Store, published: Sequence[Bundle]
):
    """Also after a first one that failed; and repeated, it replaces no pod."""
    first = published[0]

    outcome = start_promotion(line, first, None, run_id="run-2").outcome()

    assert outcome.is_success, outcome.log
    uid = _uid(line)
    _require_untouched(line, objects, first, uid)
    again = start_promotion(line, first, None, run_id="run-2").outcome()
    assert again.is_success, again.log
    _require_untouched(line, objects, first, uid)


def test_bundle_that_crashes_goes_back_with_its_own_words(
    line: Release, objects: Store, served: Bundle, unservable: Bundle
):
    """The former pod answers all the time, and nothing points to the new bundle."""
    uid = _uid(line)

    outcome = start_promotion(line, unservable, served, run_id="run-3").outcome()

    assert not outcome.is_success
    assert "golden request" in outcome.log
    assert f"Went back to {served.digest[:12]}" in outcome.log
    _require_untouched(line, objects, served, uid)


def test_template_that_crashes_leaves_those_that_serve(
    line: Release, objects: Store, served: Bundle
):
    """There is no other bundle to go back to; the template put right, nothing is replaced."""
    uid = _uid(line)
    name = f"{line.name}-template"
    template = get("configmap", name, f"--namespace={line.namespace}")
    key = "inference-service.yaml"
    text = template["data"][key]
    broken = text.replace("\n  predictor:\n", "\n  predictor:\n    serviceAccountName: nobody\n")
    broken = broken.replace(f"    serviceAccountName: {line.name}-predictor\n", "")
    fields = {"name": name, "namespace": line.namespace}
    change = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields}

    apply(change | {"data": template["data"] | {key: broken}})
    outcome = start_verb(line, "rollout").outcome()
    apply(change | {"data": template["data"]})

    assert not outcome.is_success
    assert "nobody" in outcome.log
    assert "no other bundle to go back to" in outcome.log
    assert _uid(line) == uid
    mended = start_verb(line, "rollout").outcome()
    assert mended.is_success, mended.log
    _require_untouched(line, objects, served, uid)


def test_killed_roll_out_is_finished_by_its_repetition(
    line: Release, objects: Store, served: Bundle, others: Sequence[Bundle]
):
    """Whatever it had done by then: the pointer moves only when the new bundle serves."""
    second = others[0]
    killed = start_promotion(line, second, served, run_id="run-4")
    until(lambda: line.bundle() == second.digest, seconds=60, what="a roll-out that has begun")
    kill_task(killed)
    assert _champion(objects) == served.digest

    outcome = start_promotion(line, second, served, run_id="run-4").outcome()

    assert outcome.is_success, outcome.log
    assert _champion(objects) == second.digest
    _require_untouched(line, objects, second, _uid(line))


def test_of_two_at_once_one_is_refused(line: Release, objects: Store, others: Sequence[Bundle]):
    """It names the other, and touches nothing."""
    tasks = [start_verb(line, "rollback", one.digest) for one in others]

    outcomes = [task.outcome() for task in tasks]

    (winner,) = [one for one, outcome in zip(others, outcomes, strict=True) if outcome.is_success]
    (refused,) = [outcome for outcome in outcomes if not outcome.is_success]
    assert "another roll-out is going on" in refused.log
    _require_untouched(line, objects, winner, _uid(line))


def test_hold_stops_promotions_and_no_rollback(
    line: Release, objects: Store, served: Bundle, others: Sequence[Bundle]
):
    """The champion is frozen for a reason, which whoever wants to promote is told."""
    uid = _uid(line)
    hold(objects, reason="tool 7 is qualified", at=datetime(2026, 1, 2, tzinfo=UTC))
    try:
        refused = start_promotion(line, others[0], served, run_id="run-5").outcome()
        assert not refused.is_success
        assert "tool 7 is qualified" in refused.log
        _require_untouched(line, objects, served, uid)
        back = start_verb(line, "rollback", others[0].digest).outcome()
        assert back.is_success, back.log
        assert _champion(objects) == others[0].digest
    finally:
        release(objects)
