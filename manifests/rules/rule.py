"""What a rule and a group of rules are, and how Prometheus reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any, Literal

import yaml

NAMESPACE, RELEASE, MODEL, RUNBOOK = (
    "SECOM_NAMESPACE",
    "SECOM_RELEASE",
    "SECOM_MODEL",
    "SECOM_RUNBOOK",
)
"""Stand in the generated file for what the chart knows."""

OF_RELEASE = {"namespace": NAMESPACE, "model": MODEL}
"""Labels of all that rules make: whose it is, in a Prometheus that watches many releases."""

Severity = Literal["page", "ticket"]
"""Whether somebody is woken, or looks on the next working day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A series that Prometheus reckons ahead.

    Parameters
    ----------
    name : str
        Level, metric and operation, as in `secom:requests:rate5m`.
    expr : str
        PromQL without labels in its result.
    """

    name: str
    expr: str

    def to_mapping(self) -> dict[str, Any]:
        """Return the rule as Prometheus has it."""
        return {
            "record": self.name,
            "expr": _Expr(dedent(self.expr).strip()),
            "labels": dict(OF_RELEASE),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What somebody is told.

    Parameters
    ----------
    name : str
    expr : str
        PromQL; what it finds is an alert. Its value stands in the description.
    hold : str
        How long the expression must find something first.
    keep : str, optional
        How long the alert goes on when it finds nothing any more.
    severity : {"page", "ticket"}
    summary : str
        What is wrong, in a line.
    description : str
        The figures, and where to look.
    labels : mapping
        More labels; `RETRAIN` asks the monitor for a training.
    """

    name: str
    expr: str
    hold: str
    severity: Severity
    summary: str
    description: str
    keep: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def to_mapping(self) -> dict[str, Any]:
        """Return the rule as Prometheus has it."""
        return {
            "alert": self.name,
            "expr": _Expr(dedent(self.expr).strip()),
            "for": self.hold,
            **({"keep_firing_for": self.keep} if self.keep else {}),
            "labels": OF_RELEASE | {"severity": self.severity} | dict(self.labels),
            "annotations": {
                "summary": self.summary,
                "description": " ".join(self.description.split()),
                "runbook_url": f"{RUNBOOK}#{self.name.lower()}",
            },
        }


RETRAIN = {"action": "retrain"}
"""Label of an alert on which the monitor starts a training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated one after another.

    Parameters
    ----------
    name : str
    rules : tuple of Recording and Alert
        A rule sees what those before it have recorded.
    """

    name: str
    rules: tuple[Recording | Alert, ...]

    def to_mapping(self) -> dict[str, Any]:
        """Return the group as Prometheus has it."""
        return {"name": self.name, "rules": [rule.to_mapping() for rule in self.rules]}


def to_yaml(groups: tuple[Group, ...]) -> str:
    """Return what a file of rules holds."""
    content = {"groups": [group.to_mapping() for group in groups]}
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Expr(str):
    """PromQL, line by line."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes each rule in full, and its expression in the lines that it has."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _literal(dumper: yaml.SafeDumper, expr: _Expr) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", expr, style="|")


_Dumper.add_representer(_Expr, _literal)
