"""Every pod that the chart leads to meets Pod Security `restricted`, and what we ask beyond it."""

import pytest

from tests.helm.rendering import containers, pods, render
from tests.helm.test_defaults import EVERYTHING

PODS = dict(pods(render(*EVERYTHING)))
VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}

every_pod = pytest.mark.parametrize("pod", PODS.values(), ids=PODS)


def test_all_kinds_of_pods_are_looked_at():
    """Jobs, server, stores and the predictor with its storage container."""
    kinds = {where.partition(" ")[0] for where in PODS}

    assert kinds == {"CronJob", "Deployment", "Job", "ServingRuntime", "StatefulSet"}
    assert {
        container["name"]
        for container in containers(PODS["ServingRuntime secom-predictor-runtime"])
    } == {"kserve-container", "shipper", "storage-initializer"}


@every_pod
def test_pod_is_restricted(pod):
    """It runs as nobody in particular, under the runtime's own filter of system calls."""
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


@every_pod
def test_container_is_restricted(pod):
    """It gains no privilege and writes only where a volume is."""
    for container in containers(pod):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["readOnlyRootFilesystem"] is True
        assert "hostPort" not in str(container.get("ports"))


@every_pod
def test_volumes_are_restricted(pod):
    """No volume reaches into a node."""
    for volume in pod["volumes"]:
        assert set(volume) - {"name"} <= VOLUMES


@every_pod
def test_volumes_are_those_that_containers_mount(pod):
    """Each mount has its volume, and each volume its mount."""
    mounted = {
        mount["name"] for container in containers(pod) for mount in container["volumeMounts"]
    }
    claimed = {"data"} if pod is PODS["StatefulSet secom-minio"] else set()

    assert mounted == {volume["name"] for volume in pod["volumes"]} | claimed


@every_pod
def test_container_says_what_it_uses(pod):
    """The scheduler knows each container's share, and none can take a node's memory."""
    for container in containers(pod):
        for kind in ("requests", "limits"):
            assert set(container["resources"][kind]) >= {"cpu", "memory"}


@every_pod
def test_container_leaves_its_last_words(pod):
    """Why it failed is in the pod's status, which outlives its log."""
    for container in containers(pod):
        assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


@every_pod
def test_image_is_pinned(pod):
    """An installation today and one in a year run the same programs."""
    for container in containers(pod):
        tag = container["image"].rpartition(":")[2]
        assert tag
        assert tag != "latest"


@every_pod
def test_only_hooks_talk_to_kubernetes(pod):
    """A pod without business there has no token to lose."""
    is_hook = pod["serviceAccountName"] == "secom-hooks"

    assert is_hook or pod["automountServiceAccountToken"] is False


@every_pod
def test_images_are_pulled_with_the_given_secrets(pod):
    """A private registry works for all images alike; of the predictor, the runtime says so."""
    if "model" not in pod:
        assert pod["imagePullSecrets"] == [{"name": "registry"}]
