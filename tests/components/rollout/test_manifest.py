import copy

import pytest

from components.rollout.manifest import BUNDLE, TEMPLATE, Template, bundle_digest_of
from secom_core.errors import RolloutError

MANIFEST = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "secom", "namespace": "fab"},
    "spec": {
        "predictor": {
            "minReplicas": 2,
            "maxReplicas": 2,
            "annotations": {"fab.example/line": "7"},
            "model": {"modelFormat": {"name": "secom"}, "resources": {"limits": {"cpu": "1"}}},
        }
    },
}
DIGEST = "a" * 64


def template(**changes):
    """The template, with other fields in its predictor."""
    manifest = copy.deepcopy(MANIFEST)
    manifest["spec"]["predictor"].update(changes)
    return Template(manifest=manifest, storage_uri_prefix="s3://secom/bundles/")


def test_filled_template_names_the_bundle():
    """Its address, and what pods of it are known by."""
    predictor = template().filled(DIGEST)["spec"]["predictor"]

    assert predictor["model"]["storageUri"] == f"s3://secom/bundles/{DIGEST}"
    assert predictor["annotations"][BUNDLE] == DIGEST
    assert predictor["annotations"]["fab.example/line"] == "7"
    assert bundle_digest_of(template().filled(DIGEST)) == DIGEST


def test_filling_leaves_the_template_as_it_was():
    """The next bundle finds nothing of the one before, and its pods are made from the same."""
    made = template()
    before, digest = copy.deepcopy(made.manifest), made.digest

    made.filled(DIGEST)

    assert made.manifest == before
    assert made.digest == digest


def test_template_that_makes_other_pods_has_another_digest():
    """Else a roll-out of a changed template would seem over before it began."""
    changed = template(model={"resources": {"limits": {"cpu": "2"}}})

    assert changed.pod_annotations(DIGEST)[TEMPLATE] != template().pod_annotations(DIGEST)[TEMPLATE]


def test_other_numbers_of_replicas_replace_no_pod():
    """Scaling leaves those that serve alone."""
    assert template(minReplicas=5, maxReplicas=9, scaleTarget=60).digest == template().digest


def test_stopped_service_has_no_pods():
    """By KServe's own annotation; a later roll-out applies without it."""
    stopped = template().stopped(DIGEST)

    assert stopped["metadata"]["annotations"] == {"serving.kserve.io/stop": "true"}
    assert "annotations" not in template().filled(DIGEST)["metadata"]


def test_service_that_no_roll_out_made_names_no_bundle():
    """Somebody else's, or one from before there were roll-outs."""
    assert bundle_digest_of(MANIFEST | {"spec": {"predictor": {}}}) is None


@pytest.mark.parametrize(
    "manifest",
    [{"kind": "Pod"}, MANIFEST | {"spec": {"predictor": {"sklearn": {}}}}],
)
def test_template_of_something_else_is_refused(manifest):
    """Before anything of it is applied."""
    with pytest.raises(RolloutError, match="the template"):
        Template(manifest=manifest, storage_uri_prefix="s3://secom/bundles/")
