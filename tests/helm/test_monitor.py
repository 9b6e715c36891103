"""The monitor, and who may reach it with which secret."""

import pytest

from pipelines.cli import main
from tests.helm.rendering import all_of, environment, names_of, one, pod_of, render

KFP = ("kfp.endpoint=http://ml-pipeline.kubeflow:8888", "kfp.source=s3://data/secom")
TOKENS = ("SECOM_MONITOR_TOKEN", "SECOM_ALERTS_TOKEN")


def _container(*choices):
    (container,) = pod_of(render(*choices), "Deployment secom-monitor")["containers"]
    return container


def test_monitor_should_be_one_and_replaced_whole():
    """Two would wait for each other's lease."""
    spec = one(render(), "Deployment", "secom-monitor")["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_service_should_lead_to_the_monitor():
    """Its selector is of the pods' labels, its port of theirs."""
    manifests = render()
    service = one(manifests, "Service", "secom-monitor")["spec"]
    template = one(manifests, "Deployment", "secom-monitor")["spec"]["template"]
    (container,) = template["spec"]["containers"]

    assert service["selector"].items() <= template["metadata"]["labels"].items()
    assert service["ports"][0]["port"] == container["ports"][0]["containerPort"] == 8090


def test_both_tokens_should_be_random_and_differ():
    """Who may raise alerts may not bring outcomes."""
    first, second = (one(render(), "Secret", "secom-monitor")["data"] for _ in range(2))
    values = {each[token] for each in (first, second) for token in TOKENS}

    assert len(values) == 4
    assert min(map(len, values)) > 50


def test_tokens_of_ones_own_should_replace_the_random_ones():
    """Monitor and Alertmanager read the given Secret, and none is made."""
    choices = ("monitor.existingSecret=mine", "podMonitor.enabled=true", "alerts.enabled=true")
    manifests = render(*choices, "alertmanager.enabled=true")
    (receiver,) = one(manifests, "AlertmanagerConfig")["spec"]["receivers"]
    authorization = receiver["webhookConfigs"][0]["httpConfig"]["authorization"]

    assert "secom-monitor" not in names_of(manifests, "Secret")
    for token in TOKENS:
        assert environment(_container(*choices))[token]["secretKeyRef"]["name"] == "mine"
    assert authorization["credentials"] == {"name": "mine", "key": "SECOM_ALERTS_TOKEN"}


@pytest.mark.parametrize(
    ("choice", "argument"),
    [
        ("monitor.everySeconds=60", "--every=60"),
        ("monitor.windowUnits=500", "--window=500"),
        ("monitor.cooldownHours=48", "--cooldown-hours=48"),
        ("monitor.newFails=25", "--new-fails=25"),
        ("monitor.source=s3://data/line-7", "--source=s3://data/line-7"),
        ("inferenceService.name=line-7", "--inference-service=line-7"),
    ],
)
def test_monitor_should_be_told_what_is_chosen(choice, argument):
    """Each value reaches the program."""
    assert argument in _container(choice)["args"]


def test_monitor_should_start_trainings_where_kubeflow_is_named():
    """On the scheduled run's data unless told otherwise; the network lets it through."""
    policy = one(render(*KFP), "NetworkPolicy", "secom-monitor-to-kubeflow")["spec"]

    assert _container(*KFP)["args"][-2:] == [
        "--source=s3://data/secom",
        "--kubeflow=http://ml-pipeline.kubeflow:8888",
    ]
    assert policy["egress"] == [{"ports": [{"protocol": "TCP", "port": 8888}]}]


def test_monitor_without_kubeflow_should_name_none():
    """It judges all the same."""
    assert not any(word.startswith(("--source", "--kubeflow")) for word in _container()["args"])
    assert "secom-monitor-to-kubeflow" not in names_of(render(), "NetworkPolicy")


def test_clients_of_the_monitor_should_be_a_choice():
    """The lab, Alertmanager and Prometheus come from wherever a site has them."""
    manifests = render("networkPolicy.monitorFrom[0].podSelector.matchLabels.role=lab")
    (ingress,) = one(manifests, "NetworkPolicy", "secom-clients-to-monitor")["spec"]["ingress"]

    assert ingress["from"] == [{"podSelector": {"matchLabels": {"role": "lab"}}}]
    assert [port["port"] for port in ingress["ports"]] == [8090]


@pytest.mark.parametrize(
    ("name", "direction"),
    [("secom-predictor-monitor-and-jobs-to-store", "podSelector"), ("secom-all-to-minio", "from")],
)
def test_monitor_should_reach_the_store(name, direction):
    """Both ends of the way are open to it."""
    policy = one(render(), "NetworkPolicy", name)["spec"]
    if direction == "from":
        (ingress,) = policy["ingress"]
        selector = ingress["from"][-1]["podSelector"]
    else:
        selector = policy["podSelector"]

    assert "monitor" in selector["matchExpressions"][0]["values"]


def test_monitor_should_be_left_out_where_not_wanted():
    """Nothing of it stays."""
    manifests = render("monitor.enabled=false", "podMonitor.enabled=true")

    assert "secom-monitor" not in {each["metadata"]["name"] for each in manifests}
    assert "secom-clients-to-monitor" not in names_of(manifests, "NetworkPolicy")
    assert names_of(manifests, "PodMonitor") == {"secom-predictor"}
    assert all_of(manifests, "ServiceAccount")


@pytest.mark.parametrize("choices", [(), KFP], ids=["defaults", "kubeflow"])
def test_command_line_takes_what_the_monitor_is_given(choices):
    """The verb and each option are the program's."""
    verb, *options = _container(*choices)["args"]

    assert main.commands[verb].make_context(verb, options).args == []
