import pytest

from components import rollout
from components.rollout import lease
from secom_core import promotion
from secom_core.errors import LostLeaseError, RolloutError, StoreError
from tests.components.rollout.kubernetes_stand_in import NAME, PREFIX


def roll_out(bundle, place, environ):
    """Roll out, and do nothing in the block."""
    with rollout.rolled_out(bundle, place, environ):
        pass


def test_bundle_is_applied_and_asked(kubernetes, published, place, store_environ):
    """The InferenceService names it, and within the block its pod has answered."""
    with rollout.rolled_out(published[0], place, store_environ):
        (applied,) = kubernetes.applied
        uri = applied["spec"]["predictor"]["model"]["storageUri"]
        assert uri == PREFIX + published[0].digest
        held = kubernetes.objects[f"leases/{NAME}-rollout"]
        assert held["spec"]["holderIdentity"]

    assert kubernetes.objects[f"leases/{NAME}-rollout"]["spec"]["holderIdentity"] == ""


def test_bundle_that_crashes_goes_back(kubernetes, published, place, store_environ, store):
    """To the champion, and the message says why and what serves now."""
    first, second = published
    promotion.reinstate(store, first)
    del kubernetes.ports[second.digest]

    with pytest.raises(RolloutError, match=f"cannot be served.*back to {first.digest[:12]}"):
        roll_out(second, place, store_environ)

    assert kubernetes.digests == [second.digest, first.digest]


def test_pod_that_answers_for_another_bundle_goes_back(
    kubernetes, published, place, store_environ, store
):
    """Ready is not enough."""
    first, second = published
    promotion.reinstate(store, first)
    kubernetes.ports[second.digest] = kubernetes.ports[first.digest]

    with pytest.raises(RolloutError, match=f"expected the bundle {second.digest}"):
        roll_out(second, place, store_environ)

    assert kubernetes.digests[-1] == first.digest


def test_what_fails_after_the_roll_out_goes_back_too(
    kubernetes, published, place, store_environ, store
):
    """The store went away before the pointer was moved: what is served is what is pointed to."""
    first, second = published
    promotion.reinstate(store, first)

    with (
        pytest.raises(RolloutError, match=f"gone.*back to {first.digest[:12]}") as caught,
        rollout.rolled_out(second, place, store_environ),
    ):
        raise StoreError("gone")  # noqa: EM101 - as short as can be

    assert isinstance(caught.value.__cause__, StoreError)
    assert kubernetes.digests[-1] == first.digest


def test_first_bundle_that_fails_is_taken_away(kubernetes, published, place, store_environ):
    """There is none to go back to, and what failed must not answer."""
    del kubernetes.ports[published[0].digest]

    with pytest.raises(RolloutError, match="no bundle to go back to"):
        roll_out(published[0], place, store_environ)

    assert kubernetes.pods == []


def test_bundle_after_one_that_was_taken_away_serves(kubernetes, published, place, store_environ):
    """Nothing of the stop is left in what is applied."""
    first, second = published
    del kubernetes.ports[first.digest]
    with pytest.raises(RolloutError):
        roll_out(first, place, store_environ)

    roll_out(second, place, store_environ)

    assert len(kubernetes.pods) == 1


def test_failure_without_champion_goes_back_to_what_was_there(
    kubernetes, published, place, store_environ
):
    """The pointer is lost, and the InferenceService still knows."""
    first, second = published
    roll_out(first, place, store_environ)
    del kubernetes.ports[second.digest]

    with pytest.raises(RolloutError, match=f"back to {first.digest[:12]}"):
        roll_out(second, place, store_environ)


def test_champion_that_fails_anew_is_left_alone(kubernetes, published, place, store_environ, store):
    """Only the template can be at fault, and those that serve must not be stopped."""
    promotion.reinstate(store, published[0])
    del kubernetes.ports[published[0].digest]

    with pytest.raises(RolloutError, match="no other bundle to go back to"):
        roll_out(published[0], place, store_environ)

    assert kubernetes.digests == [published[0].digest]


def test_way_back_that_fails_is_told_as_well(kubernetes, published, place, store_environ, store):
    """Both reasons, so that somebody looks."""
    promotion.reinstate(store, published[0])
    kubernetes.ports.clear()

    with pytest.raises(RolloutError, match=r"cannot be served.*On top of that, the way back to"):
        roll_out(published[1], place, store_environ)


def test_lost_lease_stops_where_it_is(kubernetes, published, place, store_environ, store):
    """Another roll-out is in charge: not even the way back is gone."""
    promotion.reinstate(store, published[0])

    with (
        pytest.raises(LostLeaseError),
        rollout.rolled_out(published[1], place, store_environ),
    ):
        raise LostLeaseError("lost")  # noqa: EM101 - as short as can be

    assert kubernetes.digests == [published[1].digest]


def test_lease_that_another_takes_during_the_roll_out_is_noticed(
    kubernetes, published, place, store_environ, store, monkeypatch
):
    """Before anything more is applied."""
    monkeypatch.setattr(lease, "_RENEWAL_SECONDS", 0.05)
    promotion.reinstate(store, published[0])
    kubernetes.ports[published[1].digest] = None

    def take_over(_service):
        key = f"leases/{NAME}-rollout"
        taken = kubernetes.objects[key]
        kubernetes.objects[key] = {
            "metadata": {**taken["metadata"], "resourceVersion": "99"},
            "spec": {**taken["spec"], "holderIdentity": "another"},
        }

    kubernetes.on_apply = take_over
    kubernetes.objects["deployments/secom-predictor"] = None
    with pytest.raises(LostLeaseError, match="is lost"):
        _wait_for_ever(published[1], place, store_environ, kubernetes)

    assert kubernetes.digests == [published[1].digest]


def _wait_for_ever(bundle, place, environ, kubernetes):
    kubernetes.apply = lambda service: (
        kubernetes.applied.append(service),
        kubernetes.on_apply(service),
    )
    roll_out(bundle, place, environ)


def test_store_that_is_away_is_noticed_before_anything_is_applied(
    kubernetes, published, place, store_environ
):
    """Without it nobody knows where to go back to."""
    with pytest.raises(StoreError, match="nothing listens"):
        roll_out(published[0], place, {**store_environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})

    assert kubernetes.applied == []


def test_namespace_without_the_chart_is_told(kubernetes, published, place, store_environ):
    """There is no template to apply."""
    kubernetes.objects.clear()

    with pytest.raises(RolloutError, match=r"no ConfigMap secom-template.*Install the chart"):
        roll_out(published[0], place, store_environ)


def test_account_without_rights_is_told_what_it_lacks(kubernetes, published, place, store_environ):
    """In Kubernetes' own words, and with what to do."""
    said = {"message": 'leases "secom-rollout" is forbidden'}
    kubernetes.refused["GET", f"leases/{NAME}-rollout"] = (403, said)

    with pytest.raises(RolloutError, match=r"is forbidden.*Bind the Role"):
        roll_out(published[0], place, store_environ)


def test_removing_leaves_nothing(kubernetes, published, place, store_environ):
    """Also twice."""
    roll_out(published[0], place, store_environ)

    for _ in range(2):
        rollout.remove(place)

    assert not [key for key in kubernetes.objects if key.startswith(("inference", "leases"))]
