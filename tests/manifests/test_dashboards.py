"""The dashboards are what the code says, ask for what there is, and say what they show."""

import re

import pytest

from manifests.dashboards import main
from secom_core import bundle
from serving.monitor import counts as monitor_counts
from serving.monitor.exposition import Cycles, Exposition
from serving.monitor.state import Latest
from serving.predictor.counts import Counts
from serving.predictor.limits import Limits
from serving.predictor.work import Work
from tests.bundles import write_bundle
from tests.manifests import panels, promql, series
from tests.serving.monitor.test_exposition import SEEN

DASHBOARDS = panels.dashboards()
QUERIES = [query for dashboard in DASHBOARDS.values() for query in panels.queries(dashboard)]
LABELS = series.labels()
_IN_LEGEND = re.compile(r"{{(\w+)}}")

each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)


def _panels():
    return [
        pytest.param(panel, id=f"{name}: {panel['title']}")
        for name, dashboard in DASHBOARDS.items()
        for panel in panels.panels(dashboard)
    ]


each_panel = pytest.mark.parametrize("panel", _panels())
each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)


def test_files_are_current():
    """Code and checked-in JSON tell one truth, and nothing else lies beside them."""
    wanted = main.files()

    assert set(main.FOLDER.iterdir()) == set(wanted)
    stale = [path.name for path, text in wanted.items() if path.read_text() != text]
    assert stale == [], "`make chart` writes them anew"


@each_query
def test_query_asks_for_series_that_exist(query):
    """No panel stays empty because a metric or label has another name."""
    named = promql.names(query.expr)

    assert named.matched
    unknown = set(named.matched) - set(LABELS)
    assert unknown == set()
    for metric, matched in named.matched.items():
        assert matched <= LABELS[metric], metric
    had = set.union(*(LABELS[metric] for metric in named.matched)) | named.made
    assert named.grouped | {query.label} - {""} <= had
    assert set(_IN_LEGEND.findall(query.legend)) <= named.grouped | named.made


@each_query
def test_query_asks_for_one_release(query):
    """Nothing of another namespace is shown: a Prometheus watches many."""
    asks_which = query.where.endswith("variable namespace")
    selectors = promql.names(query.expr).matched.values()

    assert asks_which or all("namespace" in matched for matched in selectors)


@each_panel
def test_panel_says_what_it_shows(panel):
    """An operator who sees it for the first time reads what it is, in which unit, of what."""
    assert panel["title"]
    assert len(panel["description"].split()) >= 8
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    assert all(target["legendFormat"] for target in panel["targets"])
    assert panel["datasource"]["uid"] == "$datasource"
    letters = [target["refId"] for target in panel["targets"]]
    assert letters == list("ABCDEFGH"[: len(letters)])


@each_panel
def test_legend_is_shown(panel):
    """Lines and strips can be told apart."""
    legend = panel.get("options", {}).get("legend", {})

    if panel["type"] in {"timeseries", "state-timeline"}:
        assert legend["showLegend"] is True
    if panel["type"] == "heatmap":
        assert legend["show"] is True


@each_dashboard
def test_dashboard_is_complete(dashboard):
    """It can be chosen what is shown, alerts are marked, and panels keep their numbers."""
    variables = [variable["name"] for variable in dashboard["templating"]["list"]]
    numbers = [panel["id"] for panel in dashboard["panels"]]

    assert variables[:3] == ["datasource", "namespace", "model"]
    assert [each["name"] for each in dashboard["annotations"]["list"]] == ["Alerts"]
    assert numbers == sorted(set(numbers))


def test_data_dashboard_lets_choose_a_sensor():
    """Whoever sees a sensor among the worst can look at its history."""
    dashboard = DASHBOARDS["data"]
    variables = [variable["name"] for variable in dashboard["templating"]["list"]]

    assert variables[3:] == ["sensor"]
    assert sum("$sensor" in query.expr for query in panels.queries(dashboard)) == 4


@each_dashboard
def test_panels_fill_their_rows(dashboard):
    """No panel lies over another, and none leaves a gap."""
    cells = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        columns, rows = range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
        taken = {(x, y) for x in columns for y in rows}
        assert cells.isdisjoint(taken), panel["title"]
        cells |= taken

    height = max(y for _, y in cells) + 1
    assert cells == {(x, y) for x in range(24) for y in range(height)}


def test_labels_are_the_predictors(twin, tmp_path):
    """The labels that queries are checked against are those that the predictor gives."""
    write_bundle(twin, tmp_path / "bundle")
    served = bundle.read(tmp_path / "bundle")
    counts = Counts(served, served.reference, Work(Limits()))
    counts.answered("rest", 200)

    _assert_labels(counts)


def test_labels_are_the_monitors():
    """The labels that queries are checked against are those that the monitor gives."""
    latest, cycles = Latest(), Cycles()
    latest.put(SEEN)
    cycles.done(SEEN.at)
    own = monitor_counts.Counts(runs=lambda: (), leads=lambda: True)
    own.answered("/v1/outcomes", 202)

    _assert_labels(Exposition(latest, cycles))
    _assert_labels(own)


def _assert_labels(collector):
    for family in collector.collect():
        for sample in family.samples:
            metric = re.sub("_(bucket|count|sum)$", "", sample.name)
            assert set(sample.labels) - {"le"} == series.own(metric), metric
