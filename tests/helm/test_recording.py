"""The prediction log of a replica, and the sidecar that ships it."""

import pytest

from pipelines.cli import main
from serving.predictor.limits import Limits
from tests.helm.rendering import (
    environment,
    inference_service,
    one,
    pod_of,
    predictor,
    render,
)

FOLDER = "/var/lib/secom/records"
OFF = ("record.enabled=false", "monitor.enabled=false")


def _pod(*choices):
    return pod_of(render(*choices), "ServingRuntime secom-predictor-runtime")


def _shipper(*choices):
    (container,) = (each for each in _pod(*choices)["initContainers"] if each["name"] == "shipper")
    return container


def test_server_and_shipper_should_share_the_log():
    """One writes to the folder that the other reads, on a volume of the pod's own."""
    manifests = render()
    pod = _pod()
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = [
        {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        for container in (predictor(manifests), _shipper())
    ]

    assert [each[FOLDER] for each in mounts] == ["records", "records"]
    assert "emptyDir" in volumes["records"]
    assert f"--record={FOLDER}" in predictor(manifests)["args"]
    assert _shipper()["args"][:2] == ["ship", FOLDER]


def test_shipper_should_outlive_the_server():
    """Kubernetes ends a sidecar only when the server has ended, and starts it first."""
    shipper, *later = _pod("storageContainer.create=true")["initContainers"]

    assert shipper["restartPolicy"] == "Always"
    assert [each["name"] for each in later] == ["storage-initializer"]


def test_replica_should_have_time_to_ship_what_is_left():
    """The server's own time goes first; without records, none is added."""
    limits = Limits()
    (wait,) = (word.partition("=")[2] for word in _shipper()["args"] if "--wait" in word)
    waits = predictor(render())["lifecycle"]["preStop"]["sleep"]["seconds"]
    own = waits + limits.drain_seconds + limits.grace_seconds

    assert _pod()["terminationGracePeriodSeconds"] > own + float(wait)
    assert own < _pod(*OFF)["terminationGracePeriodSeconds"] < own + float(wait)


def test_only_the_shipper_should_have_credentials_of_the_store():
    """Whoever gets into the server finds no way from there to the bundles."""
    manifests = render("storageContainer.create=true")

    assert not any(name.startswith("AWS_") for name in environment(predictor(manifests)))
    assert environment(_shipper())["AWS_SECRET_ACCESS_KEY"] == {
        "secretKeyRef": {"name": "secom-store", "key": "AWS_SECRET_ACCESS_KEY"}
    }


def test_full_log_should_evict_no_replica():
    """The server stops at its bytes, and the volume takes twice as many."""
    pod = _pod("record.maxBytes=100000000")
    (volume,) = (each for each in pod["volumes"] if each["name"] == "records")

    assert "--record-max-bytes=100000000" in pod["containers"][0]["args"]
    assert volume["emptyDir"]["sizeLimit"] == "200000000"


@pytest.mark.parametrize(
    ("choice", "argument"),
    [
        # Of a fraction, `--set` makes a word.
        ("record.auditShare=0.1", "--audit-share=0.1"),
        ("record.auditShare=0", "--audit-share=0"),
        ("record.auditSeed=7", "--audit-seed=7"),
    ],
)
def test_audit_should_be_as_chosen(choice, argument):
    """Share and seed reach the server."""
    assert argument in predictor(render(choice))["args"]


def test_shipping_should_be_as_often_as_chosen():
    """Less often: fewer objects, and more that a lost node takes along."""
    assert "--every=60" in _shipper("record.shipEverySeconds=60")["args"]


def test_recording_should_be_left_out_where_not_wanted():
    """No sidecar, no volume, and a server that is told nothing of it."""
    pod = _pod(*OFF)

    assert [each["name"] for each in pod["initContainers"]] == []
    assert not any("record" in word for word in pod["containers"][0]["args"])
    assert "records" not in {volume["name"] for volume in pod["volumes"]}


def test_recording_should_come_with_a_roll_out_only():
    """KServe follows a changed runtime unasked, so nothing of it is in there."""
    with_, without = render(), render(*OFF)

    assert one(with_, "ServingRuntime")["spec"] == one(without, "ServingRuntime")["spec"]
    assert inference_service(with_) != inference_service(without)


def test_command_line_takes_what_the_shipper_is_given():
    """The verb and each option are the program's."""
    verb, *options = _shipper()["args"]

    assert main.commands[verb].make_context(verb, options).args == []
