"""Everything that a dashboard asks Prometheus: panels, variables and annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manifests.dashboards import main

Dashboard = dict[str, Any]

_LABEL_VALUES = re.compile(r"label_values\((.+), (\w+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query, and where it stands.

    Parameters
    ----------
    where : str
        Dashboard and panel, variable or annotation.
    expr : str
        PromQL, with Grafana's variables in it.
    legend : str
        Name of the series, with labels in double braces.
    label : str
        Whose values are asked for, where a variable asks.
    is_instant : bool
        Whether it asks for the present alone.
    """

    where: str
    expr: str
    legend: str = ""
    label: str = ""
    is_instant: bool = False


def dashboards() -> dict[str, Dashboard]:
    """Return what is checked in, by name."""
    return {path.stem: json.loads(path.read_text()) for path in main.FOLDER.glob("*.json")}


def panels(dashboard: Dashboard) -> list[dict[str, Any]]:
    """Return its panels, without the rows that part them."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard: Dashboard) -> list[Query]:
    """Return every query of every panel, variable and annotation."""
    return [*_of_panels(dashboard), *_of_variables(dashboard), *annotations(dashboard)]


def of_panel(panel: dict[str, Any], where: str) -> list[Query]:
    """Return a panel's queries."""
    return [
        Query(
            where=f"{where}: {panel['title']}",
            expr=target["expr"],
            legend=target["legendFormat"],
            is_instant=target.get("instant", False),
        )
        for target in panel["targets"]
    ]


def _of_panels(dashboard: Dashboard) -> Iterator[Query]:
    for panel in panels(dashboard):
        yield from of_panel(panel, dashboard["title"])


def _of_variables(dashboard: Dashboard) -> Iterator[Query]:
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            found = _LABEL_VALUES.fullmatch(variable["query"])
            assert found, f"{variable['query']} asks for no label's values"
            where = f"{dashboard['title']}: variable {variable['name']}"
            yield Query(where=where, expr=found[1], label=found[2])


def annotations(dashboard: Dashboard) -> Iterator[Query]:
    """Yield the queries that mark times on every graph."""
    for annotation in dashboard["annotations"]["list"]:
        where = f"{dashboard['title']}: annotation {annotation['name']}"
        yield Query(where=where, expr=annotation["expr"])
