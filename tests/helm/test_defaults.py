"""What the chart renders when nothing is chosen, and what the rest of the project relies on."""

import tomllib

import kubernetes_validate
import pytest
import yaml

from components.decorator import TRAIN_IMAGE
from pipelines import resources
from pipelines.cli import main
from serving.predictor.limits import Limits
from tests.helm.rendering import (
    CHART,
    NAMESPACE,
    ROOT,
    SNAPSHOT,
    containers,
    default_snapshot,
    inference_service,
    names_of,
    one,
    pods,
    predictor,
    render,
)

DIGEST = "ab" * 32
EVERYTHING = (
    "alerts.enabled=true",
    "alertmanager.enabled=true",
    f"champion.digest={DIGEST}",
    "kfp.endpoint=http://ml-pipeline.kubeflow:8888",
    "kfp.schedule=0 0 4 * * *",
    "kfp.source=s3://data/secom",
    "dashboards.enabled=true",
    "image.pullSecrets={registry}",
    "inferenceService.maxReplicas=4",
    "minio.persistence.keep=true",
    "mlflow.databaseUrlSecret=database",
    "podMonitor.enabled=true",
    "storageContainer.create=true",
    "tls.existingSecret=certificate",
    "token.create=true",
)


def test_defaults_render_the_snapshot():
    """What a plain installation brings changes only where somebody has looked at it."""
    assert default_snapshot() + "\n" == SNAPSHOT.read_text(), (
        "if this is meant: `make chart` writes the snapshot anew"
    )


@pytest.mark.parametrize("choices", [(), EVERYTHING], ids=["defaults", "everything"])
def test_every_object_is_valid(choices):
    """Kubernetes knows every field of every object of its own kinds."""
    own = [each for each in render(*choices) if not _is_custom(each)]

    assert len(own) > 20
    for each in own:
        kubernetes_validate.validate(each, "1.34", strict=True)


@pytest.mark.parametrize("choices", [(), EVERYTHING], ids=["defaults", "everything"])
def test_every_namespaced_object_says_its_namespace(choices):
    """Piped into `kubectl apply`, nothing lands in whatever namespace is current."""
    cluster_scoped = {"ClusterStorageContainer"}

    assert {
        each["metadata"].get("namespace")
        for each in render(*choices)
        if each["kind"] not in cluster_scoped
    } == {NAMESPACE}


def test_chart_is_of_the_version_of_the_project():
    """Chart, images and package are released together."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    described = yaml.safe_load((CHART / "Chart.yaml").read_text())
    train = next(pod for where, pod in pods(render()) if where == "Deployment secom-mlflow")

    assert (described["version"], described["appVersion"]) == (version, version)
    assert train["containers"][0]["image"] == TRAIN_IMAGE
    assert predictor(render())["image"] == f"secom-serve:{version}"


def test_tasks_find_what_the_compiled_pipelines_name():
    """ConfigMap and Secret have the names and the keys that tasks are compiled with."""
    manifests = render()

    config = one(manifests, "ConfigMap", resources.CONFIG_MAP)
    secret = one(manifests, "Secret", resources.SECRET)

    assert set(config["data"]) == set(resources.ADDRESSES)
    assert set(secret["data"]) == set(resources.CREDENTIALS)


def test_inference_service_is_left_to_the_roll_out():
    """The chart holds its template, without an address, and never the object itself."""
    manifests = render()
    template = one(manifests, "ConfigMap", "secom-template")["data"]

    assert names_of(manifests, "InferenceService") == set()
    assert template["storage-uri-prefix"] == "s3://secom/bundles/"
    assert "storageUri" not in inference_service(manifests)["spec"]["predictor"]["model"]


def test_replica_has_time_to_finish():
    """Kubernetes kills no replica that still waits, drains or answers within its limits."""
    manifests = render()
    waits = predictor(manifests)["lifecycle"]["preStop"]["sleep"]["seconds"]
    limits = Limits()

    grace = inference_service(manifests)["spec"]["predictor"]["terminationGracePeriodSeconds"]

    assert grace > waits + limits.drain_seconds + limits.grace_seconds


def test_random_secrets_are_long_and_differ():
    """Two installations share no credential, and none can be guessed."""
    first, second = (one(render(), "Secret", "secom-store")["data"] for _ in range(2))

    assert first["AWS_SECRET_ACCESS_KEY"] != second["AWS_SECRET_ACCESS_KEY"]
    assert len(first["AWS_SECRET_ACCESS_KEY"]) > 50
    assert first["AWS_ACCESS_KEY_ID"] == first["awsAccessKeyID"]


def test_long_release_names_make_valid_names():
    """Helm allows 53 characters; Kubernetes allows 63 for a Service, and 52 for a StatefulSet."""
    manifests = render(name="r" * 53)

    assert max(len(name) for name in names_of(manifests, "Service")) <= 63
    assert max(len(name) for name in names_of(manifests, "StatefulSet")) <= 52


def test_no_object_carries_a_secret_outside_secrets():
    """Credentials reach pods by reference only."""
    manifests = render(*EVERYTHING)

    for _, pod in pods(manifests):
        for container in containers(pod):
            for variable in container.get("env", []):
                is_secret = any(word in variable["name"] for word in ("KEY", "PASSWORD", "TOKEN"))
                assert not is_secret or "secretKeyRef" in variable["valueFrom"]


@pytest.mark.parametrize("job", ["upload", "rollout", "first-rollout", "remove", "smoke", "prune"])
def test_command_line_takes_what_jobs_give(job):
    """Each verb and option that a job names is one of the program in its image."""
    manifests = render(*EVERYTHING)
    pod = next(pod for where, pod in pods(manifests) if where.endswith(f"Job secom-{job}"))
    verb, *options = pod["containers"][0]["args"]

    command = main.commands[verb]
    context = command.make_context(verb, options)

    assert context.args == []


def test_command_line_takes_what_the_storage_container_gives():
    """KServe adds address and folder to its command."""
    container = one(render(*EVERYTHING), "ClusterStorageContainer")["spec"]["container"]
    program, verb = container["command"]

    address = f"secom-fab://secom/bundles/{DIGEST}"
    context = main.commands[verb].make_context(verb, [address, "/mnt/models"])

    assert program == "secom"
    assert context.params["address"] == address


@pytest.mark.parametrize("choices", [(), EVERYTHING], ids=["defaults", "everything"])
def test_command_line_takes_what_the_runtime_gives(choices):
    """The server knows each option that the chart sets."""
    verb, *options = predictor(render(*choices))["args"]

    assert main.commands[verb].make_context(verb, options).params["http_port"] == 8080


def _is_custom(manifest):
    group = manifest["apiVersion"].rpartition("/")[0]
    return group.endswith((".kserve.io", ".coreos.com"))
