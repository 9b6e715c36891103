import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from mlflow import MlflowClient

from components.promote import promote
from secom_core.errors import HoldError, RolloutError
from secom_core.store import hold, read_champion
from tests.bundles import promoting
from tests.components.rollout.kubernetes_stand_in import NAME, NAMESPACE


@pytest.fixture
def tracking_uri(tmp_path):
    """A database of MLflow's."""
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def stage(kubernetes, store_environ, tracking_uri, tmp_path, monkeypatch):
    """Run the stage on a challenger that the gate let through over a champion."""
    assert kubernetes
    places = {"MLFLOW_TRACKING_URI": tracking_uri, "SECOM_SERVING_NAMESPACE": NAMESPACE}
    for name, value in (store_environ | places).items():
        monkeypatch.setenv(name, value)

    def run(challenger, champion=None):
        folder = tmp_path / challenger.digest
        folder.mkdir(exist_ok=True)
        if not (folder / "bundle").exists():
            (folder / "bundle").symlink_to(challenger.path)
        verdict = tmp_path / "verdict.json"
        verdict.write_text(json.dumps(promoting(challenger, champion).to_json()))
        promote.python_func(
            challenger=SimpleNamespace(path=str(folder)),
            verdict=SimpleNamespace(path=str(verdict)),
            run_id="run-7",
            inference_service=NAME,
        )

    return run


@pytest.fixture
def alias(tracking_uri):
    """Look up the bundle that MLflow's alias points to."""

    def find():
        client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
        return client.get_model_version_by_alias("secom", "champion").tags["bundle"]

    return find


def test_promoted_bundle_is_served_and_pointed_to(stage, kubernetes, pair, store, alias):
    """By the InferenceService, MLflow and the store; run twice, it is the same."""
    for _ in range(2):
        stage(pair[0])

    assert set(kubernetes.digests) == {pair[0].digest}
    assert alias() == read_champion(store).digest == pair[0].digest


def test_bundle_that_does_not_serve_is_pointed_to_by_nobody(stage, kubernetes, pair, store, alias):
    """The champion serves again, alias and pointer never moved, and the reason is kept."""
    first, second = pair
    stage(first)
    del kubernetes.ports[second.digest]

    with pytest.raises(RolloutError, match="cannot be served"):
        stage(second, champion=first)

    assert kubernetes.digests[-1] == first.digest
    assert alias() == read_champion(store).digest == first.digest
    reason = json.loads(store.get("runs/run-7/failure.json"))["reason"]
    assert f"Went back to {first.digest[:12]}" in reason


def test_frozen_champion_stays(stage, kubernetes, pair, store):
    """Nothing is published, nothing is rolled out."""
    hold(store, reason="tool 7 is qualified", at=datetime(2026, 1, 2, tzinfo=UTC))

    with pytest.raises(HoldError, match="tool 7 is qualified"):
        stage(pair[0])

    assert kubernetes.applied == []
    assert store.list("bundles/") == ()
