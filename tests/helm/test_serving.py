"""The InferenceService's template, its runtime, and what goes with both."""

import pytest

from pipelines import resources
from tests.helm.rendering import (
    NAMESPACE,
    all_of,
    arguments,
    containers,
    environment,
    inference_service,
    names_of,
    one,
    pod_of,
    predictor,
    render,
)


def test_replicas_should_be_fixed_unless_a_range_is_given():
    """KServe makes an autoscaler unless told otherwise, and one that cannot scale is only noise."""
    service = inference_service(render("inferenceService.minReplicas=3", _most(3)))
    predictor_spec = service["spec"]["predictor"]

    assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "none"
    assert (predictor_spec["minReplicas"], predictor_spec["maxReplicas"]) == (3, 3)
    assert "scaleTarget" not in predictor_spec


def test_autoscaler_should_aim_at_the_given_share_of_cpu():
    """A range of replicas brings KServe's HorizontalPodAutoscaler."""
    service = inference_service(render(_most(6), "inferenceService.targetCpuPercent=60"))
    predictor_spec = service["spec"]["predictor"]

    assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "hpa"
    assert (predictor_spec["scaleMetric"], predictor_spec["scaleTarget"]) == ("cpu", 60)


def test_inference_service_should_carry_what_is_chosen_for_it():
    """Name, annotations and place; the project's own annotations win over given ones."""
    service = inference_service(
        render(
            "inferenceService.name=line-7",
            r"inferenceService.annotations.serving\.kserve\.io/deploymentMode=Knative",
            "inferenceService.annotations.owner=yield",
            "inferenceService.nodeSelector.zone=a",
            "inferenceService.tolerations[0].key=fab",
            "inferenceService.affinity.nodeAffinity.x=y",
        )
    )
    spec = service["spec"]["predictor"]

    assert service["metadata"]["name"] == "line-7"
    assert service["metadata"]["annotations"]["owner"] == "yield"
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
    assert spec["nodeSelector"] == {"zone": "a"}
    assert spec["tolerations"] == [{"key": "fab"}]
    assert spec["affinity"] == {"nodeAffinity": {"x": "y"}}


def test_name_should_be_one_and_the_same_everywhere():
    """Template, budget, policy and jobs speak of the InferenceService that is chosen."""
    manifests = render("inferenceService.name=line-7")
    selector = {"serving.kserve.io/inferenceservice": "line-7"}

    assert "line-7-template" in names_of(manifests, "ConfigMap")
    assert one(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == selector
    assert arguments(manifests, "secom-rollout") == ["rollout", "--name=line-7", "--namespace=fab"]
    assert arguments(manifests, "secom-remove") == ["remove", "--name=line-7", "--namespace=fab"]
    assert arguments(manifests, "secom-smoke") == [
        "smoke",
        "--url=http://line-7-predictor.fab.svc:80",
    ]


def test_predictor_should_be_found_by_every_selector():
    """KServe puts its own label on pods, and ours go with them."""
    manifests = render()
    labels = inference_service(manifests)["spec"]["predictor"]["labels"]
    deny = one(manifests, "NetworkPolicy", "secom-default-deny")["spec"]["podSelector"]

    assert deny["matchLabels"].items() <= labels.items()
    assert labels["app.kubernetes.io/component"] == "predictor"


def test_image_should_change_with_a_roll_out_only():
    """KServe follows a changed runtime unasked, but not where the InferenceService differs."""
    manifests = render("image.serve.repository=registry/serve", "image.serve.tag=1.2.3")

    assert inference_service(manifests)["spec"]["predictor"]["model"]["image"] == (
        "registry/serve:1.2.3"
    )
    assert predictor(manifests)["image"] == "registry/serve:1.2.3"


def test_template_should_change_with_the_runtime():
    """What is applied tells a roll-out that there is something to judge."""
    plain, secured, anew = (
        inference_service(render(*choices))["spec"]["predictor"]["annotations"]
        for choices in ((), ("tls.existingSecret=certificate",), ())
    )

    assert plain == anew
    assert plain["secom.io/runtime"] != secured["secom.io/runtime"]


def test_storage_container_should_carry_release_and_namespace():
    """Two releases on one cluster fetch with their own image, from their own store."""
    manifests = render("storageContainer.create=true", name="line-7")
    container = one(manifests, "ClusterStorageContainer")
    prefix = one(manifests, "ConfigMap", "secom-template")["data"]["storage-uri-prefix"]

    assert container["metadata"]["name"] == "line-7-fab"
    assert container["spec"]["supportedUriFormats"] == [{"prefix": "line-7-fab://"}]
    assert container["spec"]["container"]["command"] == ["secom", "fetch"]
    assert prefix == "line-7-fab://secom/bundles/"
    # Of KServe's own variables one would clash with ours.
    assert "secrets" not in one(manifests, "ServiceAccount", "line-7-predictor")


def test_tls_should_reach_server_probes_monitor_and_test():
    """With a certificate, everybody speaks TLS."""
    manifests = render("tls.existingSecret=certificate", "podMonitor.enabled=true")
    container = predictor(manifests)
    volumes = {each["name"]: each for each in one(manifests, "ServingRuntime")["spec"]["volumes"]}
    (endpoint,) = one(manifests, "PodMonitor", "secom-predictor")["spec"]["podMetricsEndpoints"]

    assert volumes["tls"]["secret"]["secretName"] == "certificate"
    assert {
        "--tls-cert=/etc/secom/tls/tls.crt",
        "--tls-key=/etc/secom/tls/tls.key",
    } < set(container["args"])
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["scheme"] == "HTTPS"
    assert endpoint["scheme"] == "https"
    assert arguments(manifests, "secom-smoke")[1].startswith("--url=https://")


@pytest.mark.parametrize(
    ("choice", "secret"),
    [("token.create=true", "secom-token"), ("token.existingSecret=mine", "mine")],
)
def test_token_should_reach_server_and_jobs_by_reference(choice, secret):
    """The server asks for it, and whoever judges a roll-out or tests sends it."""
    manifests = render(choice)
    reference = {"secretKeyRef": {"name": secret, "key": "SECOM_TOKEN"}}

    assert environment(predictor(manifests))["SECOM_TOKEN"] == reference
    for job in ("Job secom-rollout", "Job secom-smoke"):
        (container,) = containers(pod_of(manifests, job))
        assert environment(container)["SECOM_TOKEN"] == reference
    assert (secret in names_of(manifests, "Secret")) is (choice == "token.create=true")


def test_token_should_be_one_for_tasks_and_server():
    """Tasks judge a roll-out by what the server answers, so they are given its token."""
    manifests = render("token.create=true", "kfp.namespace=kubeflow")
    here, there = (
        each
        for each in all_of(manifests, "Secret")
        if each["metadata"]["name"] == resources.TOKEN_SECRET
    )

    assert {here["metadata"]["namespace"], there["metadata"]["namespace"]} == {
        NAMESPACE,
        "kubeflow",
    }
    assert here["data"] == there["data"]
    assert set(there["data"]) == {resources.TOKEN}


def _most(replicas):
    return f"inferenceService.maxReplicas={replicas}"
