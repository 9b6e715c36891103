from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from secom_core import bundle, promotion
from secom_core.store import hold, publish_bundle, read_champion
from tests.serving.running import running

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def environment(store_environ, tmp_path, monkeypatch):
    """What a pod of ours finds: the store and MLflow."""
    for name, value in store_environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))


@pytest.fixture
def call():
    """Call a verb."""
    return lambda *words: CliRunner().invoke(main, words)


def crown(store, chosen):
    """Make a bundle the champion, as a roll-out does at its end."""
    promotion.reinstate(store, chosen)


PLACE = ("--name", "secom", "--namespace", "fab")


def test_without_champion_there_is_nothing_to_roll_out(call):
    """An upgrade before the first run is no failure."""
    ended = call("rollout", *PLACE)

    assert ended.exit_code == 0
    assert "no champion yet" in ended.output


def test_first_champion_does_not_replace_another(call, published, store):
    """A value of the chart that was left in place does not undo a promotion."""
    crown(store, published[0])

    ended = call("rollout", *PLACE, "--digest", published[1].digest)

    assert ended.exit_code == 2
    assert "secom rollback" in ended.output
    assert read_champion(store).digest == published[0].digest


def test_hold_stops_a_first_champion(call, published):
    """It would be a promotion."""
    assert call("hold", "--reason", "tool 7").exit_code == 0

    ended = call("rollout", *PLACE, "--digest", published[1].digest)

    assert ended.exit_code == 2
    assert "tool 7" in ended.output


def test_hold_and_release_are_told(call, store):
    """And a hold of another reason is refused."""
    assert "until `secom release`" in call("hold", "--reason", "tool 7").output
    assert "on hold since" in call("hold", "--reason", "audit").output
    assert call("release").output == "released\n"
    hold(store, reason="audit", at=datetime(2026, 1, 2, tzinfo=UTC))


def test_rollback_to_what_was_never_published_is_refused(call, store):
    """Before anything is touched."""
    ended = call("rollback", *PLACE, "f" * 64)

    assert ended.exit_code == 2
    assert "no bundle at s3://" in ended.output
    assert read_champion(store) is None


def test_rollback_without_a_cluster_says_so(call, published, store):
    """And makes nothing the champion."""
    ended = call("rollback", *PLACE, published[0].digest)

    assert ended.exit_code == 2
    assert "no cluster" in ended.output
    assert read_champion(store) is None


def test_pruning_tells_what_went(call, published, store):
    """The champion stays, and so does what was published last."""
    first, second = published
    promotion.reinstate(store, first)
    # The store tells times to the second.
    while _published_at(store, first) <= _published_at(store, second):
        publish_bundle(store, first.path, first.digest)

    ended = call("prune", "--keep-bundles", "1")

    assert ended.exit_code == 0, ended.output
    assert ended.stdout == (  # MLflow tells of a new database on the other stream
        f"bundle {second.digest}\ndeleted 1 bundles, 0 runs in the store, 0 in MLflow\n"
    )
    assert all(first.digest in key for key in store.list("bundles/"))


def _published_at(store, one):
    return max(found.written_at for found in store.find(f"bundles/{one.digest}/"))


@pytest.mark.parametrize("scheme", ["s3", "secom-fab"])
def test_bundle_is_fetched_and_verified(call, published, tmp_path, scheme):
    """Into a folder that may be there already, as a volume is."""
    folder = tmp_path / "models"
    folder.mkdir()

    ended = call("fetch", f"{scheme}://secom/bundles/{published[0].digest}", str(folder))

    assert ended.exit_code == 0, ended.output
    assert bundle.read(folder).digest == published[0].digest


def test_damaged_bundle_is_not_passed_on(call, published, store, tmp_path):
    """The server behind it must not start."""
    store.put(f"bundles/{published[0].digest}/model.onnx", b"altered")

    ended = call("fetch", f"s3://secom/bundles/{published[0].digest}", str(tmp_path / "models"))

    assert ended.exit_code == 2
    assert "model.onnx" in ended.output


def test_address_of_no_bundle_is_refused(call, tmp_path):
    """With the form that it must have."""
    ended = call("fetch", "s3://secom/models/latest", str(tmp_path / "models"))

    assert ended.exit_code == 2
    assert "s3://BUCKET/bundles/DIGEST" in ended.output


def test_service_of_the_champion_passes_and_another_does_not(call, published, store):
    """As `helm test` asks."""
    first, second = published
    assert "no champion yet" in call("smoke", "--url", "http://127.0.0.1:9").output
    crown(store, first)

    with running(first.path) as server:
        passed = call("smoke", "--url", server.http)
        crown(store, second)
        failed = call("smoke", "--url", server.http)

    assert passed.exit_code == 0, passed.output
    assert first.digest in passed.output
    assert failed.exit_code == 2
    assert f"expected the bundle {second.digest}" in failed.output
