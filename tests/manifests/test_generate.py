"""The manifests are the chart's, and whole."""

import kubernetes_validate
import pytest
import yaml

from manifests import generate

BASE = generate.HERE / "base"


def _objects():
    for path in BASE.rglob("*.yaml"):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


def test_manifests_are_current():
    """Chart and manifests tell one truth."""
    stale = [path.name for path, text in generate.files().items() if path.read_text() != text]

    assert stale == [], "`make chart` writes them anew"


@pytest.mark.parametrize("folder", ["base", "sample"])
def test_kustomization_lists_every_file(folder):
    """Nothing lies there that is not applied, and nothing is applied that is not there."""
    root = generate.HERE / folder
    paths = {path.relative_to(root).as_posix() for path in root.rglob("*.yaml")}
    listed = yaml.safe_load((root / "kustomization.yaml").read_text())

    assert set(listed["resources"]) == paths - {"kustomization.yaml"}


def test_base_leaves_out_what_is_helms():
    """No hook runs without Helm, no Secret lies in a repository, no label claims what is not so."""
    text = "".join(path.read_text() for path in BASE.rglob("*.yaml"))

    assert {each["kind"] for each in _objects()}.isdisjoint({"Job", "Secret", "InferenceService"})
    assert "helm.sh/" not in text
    assert "managed-by" not in text


def test_every_object_is_valid():
    """Kubernetes knows every field of every object of its own kinds."""
    own = [each for each in _objects() if each["kind"] != "ServingRuntime"]

    assert len(own) > 20
    for each in own:
        kubernetes_validate.validate(each, "1.34", strict=True)


def test_sample_is_the_template_with_a_bundle():
    """What is applied by hand is what a roll-out would apply."""
    sample = yaml.safe_load((generate.HERE / "sample/inference-service.yaml").read_text())
    config = next(
        each
        for each in _objects()
        if each["kind"] == "ConfigMap" and each["metadata"]["name"] == "secom-template"
    )

    predictor = sample["spec"]["predictor"]
    assert predictor["annotations"].pop("secom.io/bundle-digest") == generate.NO_BUNDLE
    assert predictor["model"].pop("storageUri") == f"s3://secom/bundles/{generate.NO_BUNDLE}"
    assert sample == yaml.safe_load(config["data"]["inference-service.yaml"])
