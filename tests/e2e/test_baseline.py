"""The chart with all that it can bring, where Pod Security lets KServe's own initializer in."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace

import httpx
import pytest

from secom_core.bundle import Bundle
from secom_core.store import publish_bundle
from tests.e2e import cluster
from tests.e2e.cluster import get, until
from tests.e2e.release import Release
from tests.e2e.store import Bucket
from tests.e2e.tasks import service_account, start

pytestmark = pytest.mark.e2e

VALUES = {"inferenceService": {"minReplicas": 1, "maxReplicas": 1}}


@pytest.fixture(scope="module")
def baseline(reachable) -> Iterator[str]:  # noqa: ARG001 - to be asked first
    """A namespace with the middle level of Pod Security."""
    with cluster.namespace("baseline", pod_security="baseline") as name:
        yield name


@pytest.fixture(scope="module")
def empty(baseline: str) -> set[str]:
    """What is in the namespace before anything is installed."""
    cluster.apply(service_account(baseline))
    return cluster.everything(baseline)


@pytest.fixture(scope="module")
def complete(baseline: str, empty: set[str]) -> Release:  # noqa: ARG001 - to be seen first
    """A release with a MinIO of its own and no champion."""
    release = Release("all", baseline)
    release.install(VALUES)
    return release


@pytest.fixture(scope="module")
def own_bucket(complete: Release) -> Bucket:
    """The bucket of the release's MinIO."""
    return Bucket(
        service="all-minio",
        namespace=complete.namespace,
        port=9000,
        name="secom",
        **_keys(complete),
    )


def _keys(release: Release) -> dict[str, str]:
    data = get("secret", f"{release.name}-store", f"--namespace={release.namespace}")["data"]
    names = {"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY"}
    return {key: base64.b64decode(data[name]).decode() for key, name in names.items()}


def test_without_a_champion_nothing_serves_and_helm_test_passes(complete: Release):
    """It is a state that each installation begins in, so no failure."""
    assert complete.inference_service() is None
    assert "Phase:          Succeeded" in complete.helm("test", "--timeout=2m")


def test_a_bundle_is_fetched_by_kserves_own_initializer(
    complete: Release, own_bucket: Bucket, bundles: Sequence[Bundle]
):
    """A plain s3:// address, and credentials by the release's account."""
    publish_bundle(own_bucket.open(), bundles[0].path, bundles[0].digest)
    scope = (f"--name={complete.name}", f"--namespace={complete.namespace}")

    outcome = start(complete.namespace, "rollout", *scope, "--digest", bundles[0].digest).outcome()

    assert outcome.is_success, outcome.log
    service = complete.inference_service()
    assert service
    address = f"s3://secom/bundles/{bundles[0].digest}"
    assert service["spec"]["predictor"]["model"]["storageUri"] == address
    target = complete.target()
    url = f"http://{target.host}:{target.rest_port}/v2/models/secom"
    assert httpx.get(url, timeout=10).json()["versions"] == [bundles[0].digest]


def test_credentials_that_were_made_once_stay(complete: Release, own_bucket: Bucket):
    """An upgrade keeps them, so that what holds them goes on working."""
    complete.upgrade(VALUES)

    assert replace(own_bucket, **_keys(complete)) == own_bucket


def test_uninstalling_leaves_nothing(complete: Release, empty: set[str]):
    """Neither what Helm made nor what roll-outs made; last here, for nothing comes after it."""
    assert complete.inference_service()

    complete.uninstall()

    until(
        lambda: cluster.everything(complete.namespace) <= empty,
        seconds=60,
        what=f"nothing but {sorted(empty)}",
    )
