"""Dashboards can be looked at without Grafana, and no query that finds nothing goes unnoticed."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from tests.e2e import dashboards
from tests.manifests import panels

SPAN = dashboards.Span(start=1_000_000, end=1_021_600)
VARIABLES = {"namespace": "fab", "model": "secom", "sensor": "etch"}
DASHBOARDS = panels.dashboards()
each_dashboard = pytest.mark.parametrize("name", DASHBOARDS)


class FakePrometheus:
    """Finds a series of every kind for every query but those that have a word in them."""

    def __init__(self, *, finds_nothing_of: str = "#", calls_wrong: str = "#") -> None:
        self.finds_nothing_of, self.calls_wrong = finds_nothing_of, calls_wrong

    def __call__(self, path: str) -> str:
        """Answer a path as Prometheus does."""
        asked = urlsplit(path)
        parameters = {name: values[0] for name, values in parse_qs(asked.query).items()}
        query = parameters.get("query", parameters.get("match[]"))
        if self.calls_wrong in query:
            return json.dumps({"status": "error", "error": "parse error"})
        found = [] if self.finds_nothing_of in query else self._found(asked.path, parameters)
        data = found if asked.path.startswith("label/") else {"result": found}
        return json.dumps({"status": "success", "data": data})

    @staticmethod
    def _found(path, parameters):
        if path.startswith("label/"):
            return ["fab"] if "namespace" in path else ["secom-predictor-6f7c9d-x2k9p"]
        series = [{"le": "0.1", "digest": "a" * 64}, {"le": "+Inf", "digest": "b" * 64}]
        if path == "query":
            return [{"metric": each, "value": [SPAN.end, "1"]} for each in series]
        times = range(int(SPAN.start), int(SPAN.end), int(parameters["step"]))
        return [{"metric": each, "values": [[at, "1"] for at in times]} for each in series]


def test_variables_get_the_first_value_found():
    """As in Grafana, a model is what a predictor's pod begins with."""
    found = dashboards.chosen(DASHBOARDS["service"], FakePrometheus(), {}, span=SPAN)

    assert found == {"namespace": "fab", "model": "secom"}


@each_dashboard
def test_no_query_is_complained_of_where_all_find_something(name):
    """Silence means that each was asked, and answered."""
    assert _complaints(name, FakePrometheus()) == []


@each_dashboard
@pytest.mark.parametrize("how", ["finds_nothing_of", "calls_wrong"])
def test_each_query_that_finds_nothing_is_complained_of(name, how):
    """A renamed metric is noticed, be it in a panel, a variable or an annotation."""
    queries = dashboards.queries(DASHBOARDS[name])
    word = "namespace"
    wrong = _complaints(name, FakePrometheus(**{how: word}))

    assert len(wrong) == sum(word in query.expr for query in queries)
    assert len(wrong) >= len(queries) - 1
    assert all(line.startswith(DASHBOARDS[name]["title"]) for line in wrong)


def test_nothing_but_nan_is_nothing():
    """A share of no requests is not data."""
    query = dashboards.queries(DASHBOARDS["service"])[0]
    nan = {"metric": {}, "value": [SPAN.end, "NaN"]}
    answer = json.dumps({"status": "success", "data": {"result": [nan]}})

    with pytest.raises(dashboards.NoDataError, match="SECOM / Service: Replicas up: nothing"):
        dashboards.ask(lambda _: answer, query, variables=VARIABLES, span=SPAN)


@pytest.mark.parametrize("name", ["service", "data"])  # every kind of panel
def test_dashboard_is_drawn_even_where_data_are_missing(name, tmp_path):
    """What is wrong with a dashboard can be seen on it."""
    path = tmp_path / f"{name}.png"
    prometheus = FakePrometheus(finds_nothing_of="rate(")
    dashboards.render(DASHBOARDS[name], prometheus, path, variables=VARIABLES, span=SPAN)

    with Image.open(path) as image:
        assert image.width == 1920
        assert len(image.convert("RGB").getcolors(maxcolors=1 << 24)) > 20


def _complaints(name, prometheus):
    return dashboards.complaints(DASHBOARDS[name], prometheus, variables=VARIABLES, span=SPAN)
