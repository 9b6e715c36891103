"""What a query names: as much of PromQL as it takes to find metrics and labels in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_CLAUSE = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()")
_MADE = re.compile(r'label_replace\(.*?, "(\w+)", "\$\d"')
_WORDS = {"and", "or", "unless", "bool", "offset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Names in a query.

    Parameters
    ----------
    matched : dict of str to set of str
        By metric, the labels that are matched.
    grouped : set of str
        Labels by which results are grouped or joined.
    made : set of str
        Labels that the query itself makes.
    """

    matched: dict[str, set[str]]
    grouped: set[str]
    made: set[str]


def names(query: str) -> Named:
    """Return the metrics and labels that a query names.

    Examples
    --------
    >>> names('sum by (pod) (rate(a_total{code="1"}[5m])) / on (pod) b')
    Named(matched={'a_total': {'code'}, 'b': set()}, grouped={'pod'}, made=set())
    """
    made = set(_MADE.findall(query))
    text = _STRING.sub('""', query)
    matched: dict[str, set[str]] = {}
    for metric, matchers in _SELECTOR.findall(text):
        matched.setdefault(metric, set()).update(_MATCHER.findall(matchers))
    grouped = {label.strip() for labels in _CLAUSE.findall(text) for label in labels.split(",")}
    for pattern in (_SELECTOR, _CLAUSE, _RANGE):
        text = pattern.sub(" ", text)
    for bare in set(_NAME.findall(text)) - _WORDS:
        matched.setdefault(bare, set())
    return Named(matched=matched, grouped=grouped, made=made)
