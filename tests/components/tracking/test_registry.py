import hashlib
import shutil
from pathlib import Path

import pytest
from mlflow.models import Model

from components import tracking
from secom_core import bundle
from secom_core.errors import BundleError


@pytest.fixture
def promoted(contenders, tmp_path):
    """A copy of a bundle, and its digest."""
    folder = tmp_path / "promoted"
    shutil.copytree(Path(contenders["logistic"]) / "bundle", folder)
    return {"folder": folder, "digest": bundle.read(folder).digest}


@pytest.fixture
def champion(client):
    """Look up the version that the alias points to."""
    return lambda: client.get_model_version_by_alias("secom", "champion")


def contents(folder):
    """Return what every file of a folder holds, by its sha256."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def registered(client, version, folder):
    """Fetch what is registered as a user would; return the folder."""
    return Path(client.download_artifacts(version.run_id, "model", str(folder)))


def test_registered_model_is_the_bundle_byte_for_byte(
    environ, client, champion, promoted, tmp_path
):
    """The registered folder is the bundle, with MLmodel beside it and nothing else."""
    tracking.move_champion_alias(environ, **promoted)

    version = champion()
    fetched = registered(client, version, tmp_path / "fetched")
    assert sorted(path.name for path in fetched.iterdir()) == ["MLmodel", "bundle"]
    assert contents(fetched / "bundle") == contents(promoted["folder"])
    assert bundle.read(fetched / "bundle").digest == promoted["digest"]
    assert version.source.endswith("/artifacts/model")
    assert version.tags["bundle"] == promoted["digest"]


def test_registered_model_has_a_signature(environ, client, champion, promoted, tmp_path):
    """MLmodel tells what goes in and what comes out, and that this project's code reads it."""
    tracking.move_champion_alias(environ, **promoted)

    (tmp_path / "fetched").mkdir()
    model = Model.load(str(registered(client, champion(), tmp_path / "fetched")))

    assert [each.name for each in model.signature.inputs] == ["readings"]
    assert model.signature.inputs.inputs[0].shape == (-1, 40)
    assert [each.name for each in model.signature.outputs] == ["risk", "flagged"]
    assert model.flavors == {"secom": {"bundle": "bundle", "digest": promoted["digest"]}}


def test_model_is_registered_in_the_run_that_made_it(environ, client, champion, promoted):
    """From the champion one gets to the run of the pipeline, and to its families."""
    tracking.move_champion_alias(environ, **promoted)

    assert client.get_run(champion().run_id).info.run_name == "run-7"


def test_promotion_can_be_repeated(environ, client, champion, promoted):
    """Promoted twice, a bundle is one version."""
    tracking.move_champion_alias(environ, **promoted)
    tracking.move_champion_alias(environ, **promoted)

    assert int(champion().version) == 1
    assert len(client.search_model_versions("name = 'secom'")) == 1


def test_signature_that_came_later_is_registered_too(environ, client, champion, promoted, tmp_path):
    """A bundle that is signed when it is promoted again has its signature in the registry."""
    tracking.move_champion_alias(environ, **promoted)
    (promoted["folder"] / "manifest.sig").write_text("signed")

    tracking.move_champion_alias(environ, **promoted)

    fetched = registered(client, champion(), tmp_path / "fetched")
    assert contents(fetched / "bundle") == contents(promoted["folder"])


def test_alias_follows_the_promoted_bundle(environ, champion, contenders, promoted):
    """The next champion is a version of its own, and going back needs no new one."""
    second = Path(contenders["mlp"]) / "bundle"
    tracking.move_champion_alias(environ, **promoted)

    tracking.move_champion_alias(environ, folder=second, digest=bundle.read(second).digest)
    assert int(champion().version) == 2

    tracking.move_champion_alias(environ, **promoted)
    assert int(champion().version) == 1


def test_nothing_else_moves_the_alias(environ, champion, contenders, promoted):
    """Logging and ending other runs leave the champion where it is."""
    tracking.move_champion_alias(environ, **promoted)
    before = champion()

    tracking.log_contenders(
        environ, run_id="run-9", folders=list(contenders.values()), chosen=contenders["mlp"]
    )
    tracking.end_run(environ, run_id="run-9", succeeded=True, reason="The champion stays.")

    assert champion().version == before.version


def test_damaged_bundle_is_not_registered(environ, client, promoted):
    """A bundle that does not verify becomes no version."""
    (promoted["folder"] / "card.md").write_text("better than it is")

    with pytest.raises(BundleError, match=r"card\.md"):
        tracking.move_champion_alias(environ, **promoted)

    assert client.search_registered_models() == []
