"""The dashboards without Grafana: asks what they ask, and draws what they would show."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from tests.e2e.drawing.found import Series
from tests.e2e.drawing.sheet import Sheet
from tests.manifests import panels
from tests.manifests.panels import Dashboard, Query, queries

__all__ = ["NoDataError", "Span", "ask", "chosen", "complaints", "queries", "render"]

Prometheus = Callable[[str], str]
"""Answers a path below `/api/v1/`, as Prometheus does."""
Variables = Mapping[str, str]

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([a-z_]\w*))")
_IN_LEGEND = re.compile(r"{{(\w+)}}")
_SCRAPED_EVERY_SECONDS = 15
_POINTS = 240


class NoDataError(AssertionError):
    """A query found nothing, or is none."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where, self.what = where, what

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a dashboard shows, in seconds since 1970."""

    start: float
    end: float

    @property
    def step(self) -> int:
        """Seconds between points, as many as a panel is wide."""
        points = math.ceil((self.end - self.start) / _POINTS / _SCRAPED_EVERY_SECONDS)
        return max(points, 1) * _SCRAPED_EVERY_SECONDS

    @property
    def rate_interval(self) -> int:
        """What Grafana puts for `$__rate_interval`, in seconds."""
        return max(self.step + _SCRAPED_EVERY_SECONDS, 4 * _SCRAPED_EVERY_SECONDS)


def chosen(
    dashboard: Dashboard, prometheus: Prometheus, given: Variables, *, span: Span
) -> dict[str, str]:
    """Give each variable a value as Grafana does: the one given, or else the first that is found.

    Raises
    ------
    NoDataError
        If none is found.
    """
    values = dict(given)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query" or variable["name"] in values:
            continue
        where = f"{dashboard['title']}: variable {variable['name']}"
        (query,) = (each for each in queries(dashboard) if each.where == where)
        found = _label_values(prometheus, query, values, span=span)
        pattern = variable.get("regex", "").strip("/") or "(.+)"
        matches = [match[1] for each in found if (match := re.search(pattern, each))]
        if not matches:
            raise NoDataError(where, f"nothing among {found} matches {pattern}")
        values[variable["name"]] = matches[0]
    return values


def ask(prometheus: Prometheus, query: Query, *, variables: Variables, span: Span) -> list[Series]:
    """Ask a query of a dashboard's, with its variables filled in.

    Raises
    ------
    NoDataError
        If it finds nothing but NaN, or Prometheus calls it wrong.
    """
    expr = _filled(query.expr, variables, span)
    if query.label:
        found = _label_values(prometheus, query, variables, span=span)
        return [
            Series(name=each, labels={}, times=np.zeros(1), values=np.ones(1)) for each in found
        ]
    if query.is_instant:
        path = f"query?{urlencode({'query': expr, 'time': span.end})}"
    else:
        asked = {"query": expr, "start": span.start, "end": span.end, "step": span.step}
        path = f"query_range?{urlencode(asked)}"
    found = [_series(query, each) for each in _data(prometheus, path, query)["result"]]
    if not any(np.isfinite(series.values).any() for series in found):
        raise NoDataError(query.where, f"nothing is found by {expr}")
    return found


def complaints(
    dashboard: Dashboard, prometheus: Prometheus, *, variables: Variables, span: Span
) -> list[str]:
    """Return what is wrong with each query that finds nothing."""
    wrong = []
    for query in queries(dashboard):
        try:
            ask(prometheus, query, variables=variables, span=span)
        except NoDataError as error:
            wrong.append(str(error))
    return wrong


def render(
    dashboard: Dashboard, prometheus: Prometheus, path: Path, *, variables: Variables, span: Span
) -> None:
    """Draw a dashboard's panels as one PNG, where Grafana would put them.

    A panel without data says so: `complaints` is what fails a test.
    """
    (annotation,) = panels.annotations(dashboard)
    alerts = _or_nothing(prometheus, annotation, variables=variables, span=span)
    sheet = Sheet(dashboard, span=(span.start, span.end), alerts=alerts)
    for panel in dashboard["panels"]:
        title = _filled(panel["title"], variables, span).replace("|", " + ")
        if panel["type"] == "row":
            sheet.part(panel, title)
            continue
        found = {
            target["refId"]: _or_nothing(prometheus, query, variables=variables, span=span)
            for target, query in zip(
                panel["targets"], panels.of_panel(panel, dashboard["title"]), strict=True
            )
        }
        sheet.draw(panel, title, found)
    sheet.figure.savefig(path, dpi=80)


def _or_nothing(
    prometheus: Prometheus, query: Query, *, variables: Variables, span: Span
) -> list[Series]:
    try:
        return ask(prometheus, query, variables=variables, span=span)
    except NoDataError:
        return []


def _label_values(
    prometheus: Prometheus, query: Query, variables: Variables, *, span: Span
) -> list[str]:
    match = {
        "match[]": _filled(query.expr, variables, span), "start": span.start, "end": span.end
    }  # fmt: skip
    found = _data(prometheus, f"label/{query.label}/values?{urlencode(match)}", query)
    if not found:
        raise NoDataError(query.where, f"nothing is found by {match['match[]']}")
    return found


def _data(prometheus: Prometheus, path: str, query: Query) -> Any:
    answer = json.loads(prometheus(path))
    if answer["status"] != "success":
        raise NoDataError(query.where, answer["error"])
    return answer["data"]


def _series(query: Query, found: Mapping[str, Any]) -> Series:
    labels = found["metric"]
    samples = found.get("values") or [found["value"]]
    times, values = np.array([[float(at), float(value)] for at, value in samples]).T
    name = _IN_LEGEND.sub(lambda match: labels.get(match[1], ""), query.legend)
    return Series(name=name, labels=labels, times=times, values=values)


def _filled(text: str, variables: Variables, span: Span) -> str:
    known = {**variables, "__rate_interval": f"{span.rate_interval}s"}
    return _VARIABLE.sub(lambda match: known.get(match[1] or match[2], match[0]), text)
