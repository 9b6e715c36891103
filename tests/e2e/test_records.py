"""What a replica recorded reaches the store, however the replica ends."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import numpy as np
import pytest

from secom_core.record import FOLDER, Records, concatenate, from_parquet, unique
from secom_core.store import Store
from tests.e2e.cluster import kubectl, until
from tests.e2e.killing import kill
from tests.e2e.release import Installed
from tests.e2e.store import Bucket, Door
from tests.serving.running import body_of

pytestmark = pytest.mark.e2e

_REQUESTS = 20


def _score(installed: Installed) -> dict[str, float]:
    """Have units scored by whichever replica; return each one's risk by the name it was given."""
    target = installed.release.target()
    url = f"http://{target.host}:{target.rest_port}/v2/models/secom/infer"
    risks: dict[str, float] = {}
    # A connection stays with one replica, so each request has one of its own.
    for _ in range(_REQUESTS):
        said = httpx.post(url, json=body_of(installed.champion.golden.readings), timeout=10)
        outputs = {one["name"]: one["data"] for one in said.raise_for_status().json()["outputs"]}
        risks |= zip(outputs["unit_id"], outputs["risk"], strict=True)
    return risks


def _recorded(store: Store, risks: Mapping[str, float]) -> Records | None:
    """Return the records of all these units, once all are there."""
    found = unique(concatenate([from_parquet(store.get(key)) for key in store.list(FOLDER)]))
    of_these = found.take(np.isin(found.unit_id, list(risks)))
    return of_these if set(of_these.unit_id) == set(risks) else None


def _require_recorded(installed: Installed, store: Store, risks: Mapping[str, float]) -> None:
    records = until(
        lambda: _recorded(store, risks), seconds=120, what=f"records of {len(risks)} units"
    )
    assert len(records) == len(risks)
    assert dict(zip(records.unit_id, records.risk, strict=True)) == risks
    assert set(records.bundle) == {installed.champion.digest}


def test_what_is_scored_arrives_in_the_store(installed: Installed, bucket: Bucket):
    """Each unit once, with the risk that its answer gave."""
    _require_recorded(installed, bucket.open(), _score(installed))


def test_a_deleted_replica_ships_what_it_has(installed: Installed, bucket: Bucket):
    """Kubernetes gives it the time: the sidecar hears of the end only after the server's."""
    risks = _score(installed)
    for pod in installed.release.pods():
        where = f"--namespace={installed.release.namespace}"
        kubectl("delete", "pod", pod["metadata"]["name"], where, "--wait=false")

    _require_recorded(installed, bucket.open(), risks)
    installed.release.wait_for_pods(2)


@pytest.mark.parametrize("container", ["kserve-container", "shipper"])
def test_a_crash_loses_no_record(installed: Installed, bucket: Bucket, container: str):
    """SIGKILL of either process: the log is the pod's, and what has been answered is in it."""
    risks = _score(installed)
    for pod in installed.release.wait_for_pods(2):
        kill(pod, container)

    _require_recorded(installed, bucket.open(), risks)
    installed.release.wait_for_pods(2)


def test_a_store_that_is_away_loses_no_record(installed: Installed, bucket: Bucket, door: Door):
    """Units are scored and kept meanwhile, and shipped when it is back."""
    door.shut()
    try:
        risks = _score(installed)
        assert _recorded(bucket.open(), risks) is None
    finally:
        door.open()

    _require_recorded(installed, bucket.open(), risks)
