"""The object store and its credentials: ours or the site's."""

import pytest

from pipelines import resources
from tests.helm.rendering import NAMESPACE, all_of, environment, names_of, one, pod_of, render

EXTERNAL = (
    "minio.enabled=false",
    "objectStore.endpoint=https://s3.example.com",
    "objectStore.existingSecret=keys",
)


def test_kfp_namespace_should_get_what_tasks_need():
    """Configuration, credentials and the binding's subject follow the tasks; the Role stays."""
    manifests = render("kfp.namespace=kubeflow", "kfp.serviceAccount=default-editor")
    subject, _ = one(manifests, "RoleBinding", "secom-rollout")["subjects"]

    assert one(manifests, "ConfigMap", "secom-pipeline")["metadata"]["namespace"] == "kubeflow"
    assert one(manifests, "Secret", "secom-pipeline")["metadata"]["namespace"] == "kubeflow"
    assert (subject["name"], subject["namespace"]) == ("default-editor", "kubeflow")
    assert one(manifests, "RoleBinding", "secom-rollout")["metadata"]["namespace"] == NAMESPACE
    assert (
        one(manifests, "ConfigMap", "secom-pipeline")["data"]["SECOM_SERVING_NAMESPACE"]
        == NAMESPACE
    )


def test_tasks_should_get_the_credentials_of_minio():
    """Both Secrets hold one and the same pair."""
    manifests = render()
    store = one(manifests, "Secret", "secom-store")["data"]
    tasks = one(manifests, "Secret", "secom-pipeline")["data"]

    assert tasks.items() <= store.items()


def test_external_store_should_replace_minio():
    """No MinIO, no Secret of ours; jobs and tasks have the address and the given Secret's name."""
    manifests = render(*EXTERNAL)
    variables = environment(pod_of(manifests, "CronJob secom-prune")["containers"][0])

    assert all_of(manifests, "StatefulSet") == []
    assert names_of(manifests, "Secret") == {"secom-monitor"}
    assert variables["AWS_ENDPOINT_URL"] == "https://s3.example.com"
    assert variables["AWS_ACCESS_KEY_ID"]["secretKeyRef"]["name"] == "keys"
    assert (
        one(manifests, "ConfigMap", "secom-pipeline")["data"]["AWS_ENDPOINT_URL"]
        == "https://s3.example.com"
    )
    assert one(manifests, "ServiceAccount", "secom-predictor")["secrets"] == [{"name": "keys"}]


def test_ca_certificate_should_reach_everybody_who_asks_the_store():
    """It is in both namespaces, and each of our containers that reads the store trusts it."""
    manifests = render(
        *EXTERNAL,
        "objectStore.caCertificate=-----BEGIN CERTIFICATE-----",
        "kfp.namespace=kubeflow",
        "storageContainer.create=true",
    )
    maps = [each for each in all_of(manifests, "ConfigMap") if "ca.crt" in each["data"]]
    tasks = one(manifests, "ConfigMap", resources.CONFIG_MAP)["data"]
    runtime = pod_of(manifests, "ServingRuntime secom-predictor-runtime")

    assert {each["metadata"]["namespace"] for each in maps} == {NAMESPACE, "kubeflow"}
    assert {each["metadata"]["name"] for each in maps} == {resources.CA_CONFIG_MAP}
    assert tasks[resources.CA_BUNDLE] == f"{resources.CA_FOLDER}/ca.crt"
    for container in (
        *runtime["initContainers"],
        *pod_of(manifests, "Deployment secom-monitor")["containers"],
        *pod_of(manifests, "Job secom-rollout")["containers"],
    ):
        assert environment(container)["AWS_CA_BUNDLE"] == "/etc/secom/ca/ca.crt"
        assert "/etc/secom/ca" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_minio_should_have_the_bucket_when_it_starts():
    """Its first container makes the folder that is the bucket."""
    manifests = render("objectStore.bucket=line-7")
    (bucket,) = pod_of(manifests, "StatefulSet secom-minio")["initContainers"]

    assert bucket["command"] == ["mkdir", "-p", "/data/line-7"]


@pytest.mark.parametrize(("choice", "policy"), [("false", "Delete"), ("true", "Retain")])
def test_minio_should_leave_its_volume_when_told(choice, policy):
    """Uninstalling deletes the volume, unless somebody wants it kept."""
    claim = one(render(f"minio.persistence.keep={choice}"), "StatefulSet")["spec"]

    assert claim["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == policy


def test_volumes_should_be_of_the_class_asked_for():
    """Both claims name it; else they name none, which means the cluster's default."""
    manifests = render("minio.persistence.storageClass=ssd", "mlflow.persistence.storageClass=ssd")
    (minio,) = one(manifests, "StatefulSet")["spec"]["volumeClaimTemplates"]

    assert minio["spec"]["storageClassName"] == "ssd"
    assert one(manifests, "PersistentVolumeClaim")["spec"]["storageClassName"] == "ssd"
    assert "storageClassName" not in one(render(), "PersistentVolumeClaim")["spec"]


def test_no_volume_should_be_claimed_where_there_is_none():
    """A cluster without storage runs everything, and forgets it with the pod."""
    manifests = render("minio.persistence.enabled=false", "mlflow.persistence.enabled=false")

    assert all_of(manifests, "PersistentVolumeClaim") == []
    assert "volumeClaimTemplates" not in one(manifests, "StatefulSet")["spec"]
    for where in ("StatefulSet secom-minio", "Deployment secom-mlflow"):
        volumes = {volume["name"]: volume for volume in pod_of(manifests, where)["volumes"]}
        assert "emptyDir" in volumes["data"]
