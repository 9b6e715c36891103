"""What is given to Prometheus, Alertmanager and Grafana, where a cluster has them."""

import json

from tests.helm.rendering import CHART, NAMESPACE, all_of, names_of, one, render

SCRAPED = ("podMonitor.enabled=true",)
ALERTED = (*SCRAPED, "alerts.enabled=true")
CALLED = (*ALERTED, "alertmanager.enabled=true")


def test_nothing_should_need_an_operator_unless_asked_for():
    """A cluster that does not know these kinds would refuse the installation."""
    assert not any("monitoring.coreos.com" in each["apiVersion"] for each in render())


def test_predictor_and_monitor_should_be_scraped():
    """Each at the port and path where its metrics are."""
    monitors = all_of(render(*SCRAPED, "podMonitor.labels.team=yield"), "PodMonitor")

    assert {each["metadata"]["name"] for each in monitors} == {"secom-predictor", "secom-monitor"}
    for each in monitors:
        assert each["metadata"]["labels"]["team"] == "yield"
        assert each["spec"]["podMetricsEndpoints"][0]["path"] == "/metrics"


def test_alerts_of_the_release_should_reach_the_monitor():
    """With the bearer token of the Secret, and never that one is over."""
    manifests = render(*CALLED, "alertmanager.labels.team=yield")
    config = one(manifests, "AlertmanagerConfig")
    (receiver,) = config["spec"]["receivers"]
    (webhook,) = receiver["webhookConfigs"]

    assert config["metadata"]["labels"]["team"] == "yield"
    assert config["spec"]["route"]["receiver"] == receiver["name"]
    assert config["spec"]["route"]["groupBy"] == ["alertname"]
    assert webhook["url"] == "http://secom-monitor.fab.svc:8090/v1/alerts"
    assert webhook["sendResolved"] is False
    assert webhook["httpConfig"]["authorization"]["credentials"] == {
        "name": "secom-monitor",
        "key": "SECOM_ALERTS_TOKEN",
    }


def test_rules_should_be_of_this_release():
    """Each placeholder is filled in, and each alert links to its section of the chosen runbook."""
    choices = ("alerts.labels.team=yield", "alerts.runbookBase=https://wiki/runbook")
    rules = one(render(*ALERTED, "inferenceService.name=line-7", *choices), "PrometheusRule")
    alerts = [
        rule for group in rules["spec"]["groups"] for rule in group["rules"] if "alert" in rule
    ]

    assert rules["metadata"]["labels"]["team"] == "yield"
    assert "SECOM_" not in json.dumps(rules["spec"])
    assert alerts
    for alert in alerts:
        assert (alert["labels"]["namespace"], alert["labels"]["model"]) == (NAMESPACE, "line-7")
        assert alert["annotations"]["runbook_url"].startswith("https://wiki/runbook#")


def test_rules_should_ask_what_is_scraped():
    """The operator calls a target after its PodMonitor, and rules select it by that."""
    manifests = render(*ALERTED)
    text = json.dumps(one(manifests, "PrometheusRule")["spec"])

    for name in names_of(manifests, "PodMonitor"):
        assert f'job=\\"{NAMESPACE}/{name}\\"' in text


def test_alerts_should_be_routed_by_labels_that_rules_give():
    """What the route asks for, each alert carries."""
    manifests = render(*CALLED)
    matchers = {
        each["name"]: each["value"]
        for each in one(manifests, "AlertmanagerConfig")["spec"]["route"]["matchers"]
    }
    groups = one(manifests, "PrometheusRule")["spec"]["groups"]

    assert matchers == {"namespace": NAMESPACE, "model": "secom"}
    for rule in (rule for group in groups for rule in group["rules"]):
        assert matchers.items() <= rule["labels"].items()


def test_dashboards_should_be_found_by_grafanas_sidecar():
    """One ConfigMap each, with the label that the sidecar looks for."""
    found = [
        each
        for each in all_of(render("dashboards.enabled=true"), "ConfigMap")
        if each["metadata"]["labels"].get("grafana_dashboard") == "1"
    ]
    files = {path.name: path.read_text() for path in CHART.glob("files/dashboards/*.json")}
    held = {name: text for each in found for name, text in each["data"].items()}

    assert len(found) == len(files) > 0
    assert {name: json.loads(text) for name, text in held.items()} == {
        name: json.loads(text) for name, text in files.items()
    }
