"""A run on Kubeflow Pipelines itself, where SECOM_E2E_KUBEFLOW names it as NAMESPACE/SERVICE."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import kfp
import numpy as np
import pytest

from pipelines import as_yaml, cluster
from pipelines.resources import SECRET
from secom_core import bundle
from secom_core.store import fetch_bundle, read_champion
from tests.e2e.cluster import apply, namespace, service_ip
from tests.e2e.release import Release
from tests.e2e.store import Bucket, bucket, keys_secret
from tests.serving.running import body_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif("SECOM_E2E_KUBEFLOW" not in os.environ, reason="no Kubeflow Pipelines"),
]

_PORT = 8888
_RUN_SECONDS = 1800


@pytest.fixture(scope="module")
def home() -> tuple[str, str]:
    """Where Kubeflow Pipelines is: the namespace of its tasks, and its API's Service."""
    in_namespace, _, service = os.environ["SECOM_E2E_KUBEFLOW"].partition("/")
    return in_namespace, service


@pytest.fixture(scope="module")
def empty_bucket(reachable) -> Iterator[Bucket]:  # noqa: ARG001 - to be asked first
    """A store in which nothing was ever published."""
    with bucket() as made:
        yield made


@pytest.fixture(scope="module")
def release(home: tuple[str, str], empty_bucket: Bucket) -> Iterator[Release]:
    """The chart without a champion, whose hook brought the pipelines to Kubeflow."""
    tasks, service = home
    with namespace("kubeflow", pod_security="restricted") as name:
        apply(
            keys_secret(empty_bucket, name, name="keys"),
            keys_secret(empty_bucket, tasks, name=SECRET),
        )
        made = Release("secom", name)
        store = {"endpoint": empty_bucket.inside, "bucket": empty_bucket.name}
        made.install(
            {
                "objectStore": store | {"existingSecret": "keys"},
                "minio": {"enabled": False},
                "storageContainer": {"create": True},
                "kfp": {"endpoint": f"http://{service}.{tasks}.svc:{_PORT}", "namespace": tasks},
            }
        )
        yield made
        made.uninstall()


def test_a_run_succeeds_and_its_champion_serves(
    release: Release, home: tuple[str, str], empty_bucket: Bucket, tmp_path
):
    """From data to an answer: uploaded, trained, judged, promoted, rolled out, asked over V2."""
    tasks, service = home
    host = f"http://{service_ip(service, tasks)}:{_PORT}"
    client = kfp.Client(host=host)
    for graph in as_yaml.PIPELINES.values():
        assert client.get_pipeline_id(graph.name)

    where = cluster.submit(
        host,
        {"source": "synthetic", "search": "quick", "inference_service": release.name},
        experiment="e2e",
    )
    run = client.wait_for_run_completion(where.rpartition("/")[2], timeout=_RUN_SECONDS)
    assert run.state == "SUCCEEDED", run.error

    champion = read_champion(empty_bucket.open())
    assert champion
    fetch_bundle(empty_bucket.open(), champion.digest, tmp_path / "champion")
    golden = bundle.read(tmp_path / "champion").golden
    release.wait_for_pods(2)
    target = release.target()
    url = f"http://{target.host}:{target.rest_port}/v2/models/secom/infer"
    said = httpx.post(url, json=body_of(golden.readings), timeout=10).raise_for_status().json()
    risk = next(output["data"] for output in said["outputs"] if output["name"] == "risk")
    assert said["model_version"] == champion.digest
    np.testing.assert_allclose(risk, golden.risk, rtol=0, atol=1e-9)
