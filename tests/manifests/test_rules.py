"""Rules are current, speak of metrics that there are, and leave nobody without advice."""

import ast
import itertools
import re
from pathlib import Path

import pytest
import yaml

from manifests.rules import generate, rule
from serving import metrics
from serving.predictor import counts
from tests.manifests import promql, series
from tests.manifests.alerting import of_monitors, of_predictors, of_requests
from tests.manifests.alerting.case import Fires, filled

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "manifests/runbook.md").read_text()
ALERTS = {alert.name: alert.to_mapping() for alert in generate.alerts()}
RULES = [each for group in generate.groups() for each in group.to_mapping()["rules"]]

_SELECTOR = re.compile(r"([a-z_:]+[a-z0-9_:]*)\{([^{}]*)\}")
_MATCHER = re.compile(r'([a-z_]+)(=~|!~|!=|=)"([^"]*)"')
_SUFFIX = re.compile(r"_(bucket|count|sum)$")
_RECORDED = {each["record"] for each in RULES if "record" in each}
_LABELS = series.labels() | {name: {"namespace", "model"} for name in _RECORDED}

every_alert = pytest.mark.parametrize("name", ALERTS)


def _texts(each):
    """All places of a rule where PromQL stands."""
    return [each["expr"], *each.get("annotations", {}).values()]


def _selectors():
    """Metric, and label, operator and value of each matcher, of every selector there is."""
    for each in RULES:
        for metric, matchers in itertools.chain(*map(_SELECTOR.findall, _texts(each))):
            yield metric, _MATCHER.findall(matchers)


def _documented():
    """What `serving.metrics` says of each metric, by its name."""
    body = ast.parse(Path(metrics.__file__).read_text()).body
    for named, said in itertools.pairwise(body):
        match named, said:
            case ast.Assign(value=ast.Constant(name)), ast.Expr(ast.Constant(text)):
                yield name, text


def test_file_is_current():
    """The chart carries what the code says."""
    assert generate.PATH.read_text() == generate.text(), "`make chart` writes it anew"


@every_alert
def test_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(name):
    """Whoever gets it needs nothing else to begin."""
    alert = ALERTS[name]
    labels, annotations = alert["labels"], alert["annotations"]

    assert labels["severity"] in {"page", "ticket"}
    assert {"namespace", "model"} <= labels.keys()
    assert annotations.keys() == {"summary", "description", "runbook_url"}
    assert annotations["summary"]
    assert not annotations["summary"].endswith(".")
    assert annotations["description"].endswith(".")
    assert re.search(r"[Dd]ashboard (Service|Model|Data|Lifecycle)\b", annotations["description"])
    assert annotations["runbook_url"] == f"{rule.RUNBOOK}#{name.lower()}"


@every_alert
def test_alert_has_its_section_in_the_runbook(name):
    """It says what the alert means, how to check, and what to do; how urgent it is as well."""
    _, _, rest = RUNBOOK.partition(f"\n## {name}\n")
    section, _, _ = rest.partition("\n## ")

    assert f"*{ALERTS[name]['labels']['severity']}*" in section
    for part in ("**Means.**", "**Check.**", "**Do.**"):
        assert section.count(part) == 1, f"{name} has no {part}"


def test_runbook_tells_of_no_other_alert():
    """What no longer fires has no section either."""
    assert set(re.findall(r"^## (Secom\w+)$", RUNBOOK, re.MULTILINE)) == set(ALERTS)


def test_runbook_asks_for_metrics_that_exist():
    """Whoever is awake at three has no time for a query that finds nothing."""
    asked = set(re.findall(r"\bsecom_[a-z_]+\b", RUNBOOK))

    assert len(asked) > 10
    assert asked <= _LABELS.keys()


def test_links_within_the_runbook_lead_somewhere():
    """Each leads to a section."""
    links = set(re.findall(r"\]\(#(\w+)\)", RUNBOOK))

    assert links <= {name.lower() for name in ALERTS}


def test_only_what_the_champion_cannot_mend_asks_for_a_training():
    """Drifting sensors alone warn: this line drifts all the time."""
    asking = {name for name, alert in ALERTS.items() if alert["labels"].get("action") == "retrain"}

    assert asking == {"SecomRiskDrift", "SecomLiveAucLow"}


def test_every_metric_and_label_exists():
    """A rule that asks for what nobody counts would be silent for ever."""
    asked = dict(_selectors())

    assert len(asked) > 40
    for metric, matchers in _selectors():
        assert metric in _LABELS
        assert {label for label, _, _ in matchers} <= _LABELS[metric], metric


def test_every_recorded_series_is_used():
    """Prometheus reckons nothing ahead that no alert asks for."""
    assert dict(_selectors()).keys() >= _RECORDED


def test_every_value_asked_for_is_one_that_the_metric_takes():
    """Its description names them."""
    documented = dict(_documented())
    for metric, matchers in _selectors():
        text = documented.get(_SUFFIX.sub("", metric), "")
        for label, operator, value in matchers:
            if operator == "=" and label in series.own(_SUFFIX.sub("", metric)):
                assert re.search(rf"\b{value}\b", text), f"{metric}: no {value} in {text!r}"


def test_latency_is_asked_at_a_bound_of_the_histogram():
    """Between two bounds, Prometheus has nothing."""
    buckets, _ = counts.Histogram(counts._SECONDS).buckets()  # noqa: SLF001 - what is exposed
    asked = {value for _, found in _selectors() for label, _, value in found if label == "le"}

    assert asked == {"0.025"}
    assert asked <= {bound for bound, _ in buckets}


def test_every_series_asked_for_is_this_releases():
    """In a Prometheus that watches many releases, none speaks for another."""
    predictor, monitor = "fab/line-3-predictor", "fab/line-3-monitor"
    for each in RULES:
        for text in map(filled, _texts(each)):
            for metric, found in _SELECTOR.findall(text):
                of = {label: value for label, _, value in _MATCHER.findall(found)}
                if metric.startswith("secom:"):
                    assert (of["namespace"], of["model"]) == ("fab", "secom"), metric
                else:
                    assert of["job"] in {predictor, monitor}, metric


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.get("alert") or each["record"])
def test_nothing_is_asked_of_everybody(each):
    """No name stands without a selector, where the checks above would not see it."""
    matched = promql.names(each["expr"]).matched

    assert matched
    for metric, labels in matched.items():
        assert "job" in labels or {"namespace", "model"} <= labels, metric


def test_chart_fills_in_all_that_stands_for_something():
    """The head of the file names each placeholder, and there is no other."""
    text = generate.PATH.read_text()
    named = set(re.findall(r"^#   (SECOM_[A-Z]+) ", text, re.MULTILINE))

    assert named == {rule.NAMESPACE, rule.RELEASE, rule.MODEL, rule.RUNBOOK}
    assert not re.search(r"SECOM_[A-Z]+", filled(text))
    assert yaml.safe_load(filled(text))["groups"]


@every_alert
def test_alert_is_tried(name):
    """There is a case in which it fires, which tests/e2e/test_rules.py gives to promtool."""
    cases = [*of_requests.CASES, *of_predictors.CASES, *of_monitors.CASES]

    assert any(isinstance(case, Fires) and case.alert == name for case in cases)
