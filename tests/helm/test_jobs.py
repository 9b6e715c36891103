"""Hooks, tests and the pruning: when they run, and what they are told."""

from tests.helm.rendering import all_of, arguments, one, pod_of, render, texts

EXTERNAL = (
    "minio.enabled=false",
    "objectStore.endpoint=https://s3.example.com",
    "objectStore.existingSecret=keys",
)
KFP = ("kfp.endpoint=http://ml-pipeline.kubeflow:8888",)
DIGEST = "ab" * 32


def test_first_roll_out_should_be_a_hook_of_the_installation():
    """Of an upgrade it is none: by then the pipeline may have promoted another bundle."""
    manifests = render(*EXTERNAL, f"champion.digest={DIGEST}")
    hooks = {
        each["metadata"]["name"]: each["metadata"]["annotations"]["helm.sh/hook"]
        for each in all_of(manifests, "Job")
    }

    assert hooks == {
        "secom-first-rollout": "post-install",
        "secom-rollout": "post-upgrade,post-rollback",
        "secom-remove": "pre-delete",
        "secom-smoke": "test",
    }
    assert f"--digest={DIGEST}" in arguments(manifests, "secom-first-rollout")
    assert f"--digest={DIGEST}" not in arguments(manifests, "secom-rollout")


def test_upload_should_run_where_kubeflow_is_named():
    """After each change of the release, with the image that it runs."""
    manifests = render(*KFP, "image.train.repository=registry/train", "image.train.tag=1.2.3")
    job = one(manifests, "Job", "secom-upload")

    hook = job["metadata"]["annotations"]["helm.sh/hook"]

    assert hook == "post-install,post-upgrade,post-rollback"
    assert arguments(manifests, "secom-upload") == [
        "upload",
        "--host=http://ml-pipeline.kubeflow:8888",
        "--image=registry/train:1.2.3",
        "--inference-service=secom",
    ]


def test_schedule_should_make_a_recurring_run():
    """The upload says when, and on which data."""
    said = arguments(
        render(*KFP, "kfp.schedule=0 0 4 * * *", "kfp.source=s3://data/secom"), "secom-upload"
    )

    assert said[-2:] == ["--schedule=0 0 4 * * *", "--data=s3://data/secom"]


def test_pruning_should_keep_what_is_chosen_or_not_run():
    """An empty schedule means never."""
    manifests = render("prune.schedule=0 1 * * 0", "prune.keepBundles=5", "prune.runDays=30")
    (container,) = pod_of(manifests, "CronJob secom-prune")["containers"]

    assert one(manifests, "CronJob")["spec"]["schedule"] == "0 1 * * 0"
    assert container["args"] == ["prune", "--keep-bundles=5", "--run-days=30"]
    assert all_of(render("prune.schedule="), "CronJob") == []


def test_notes_should_say_what_to_do_next():
    """Where training starts, how the predictor is asked, and what is missing."""
    plain = texts({})["NOTES.txt"]
    full = texts({"kfp": {"endpoint": "http://kfp:8888"}, "token": {"create": True}})["NOTES.txt"]

    assert "--set kfp.endpoint=" in plain
    assert "http://secom-predictor.fab.svc:80/v2/models/secom/infer" in plain
    assert "--set podMonitor.enabled=true" in plain
    assert "Kubeflow at http://kfp:8888" in full
    assert "bearer token of Secret secom-token" in full
