"""Write what is made of a chart's values.yaml: its schema, and the table in its README.

A comment `# --` above a key says what the value is for, `# @schema` what the schema asks beyond the
type of the default. A key with neither groups others.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "secom"
BEGIN, END = "<!-- values -->", "<!-- /values -->"
"""Around the table in README.md; the rest of it is written by hand."""

_TYPES = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value that may be chosen.

    Parameters
    ----------
    path : tuple of str
        Its name; groups first.
    default : bool, int, float, str, list or dict
    text : str
        What it is for.
    constraints : dict
        Of JSON schema.
    """

    path: tuple[str, ...]
    default: Any
    text: str
    constraints: dict[str, Any]

    def to_schema(self) -> dict[str, Any]:
        """Return the JSON schema of this value."""
        return {"type": _TYPES[type(self.default)], "description": self.text} | self.constraints

    def to_row(self) -> str:
        """Return its row in the table."""
        shown = json.dumps(self.default).replace("|", "\\|")
        return f"| `{'.'.join(self.path)}` | `{shown}` | {self.text} |"


def read_options(text: str) -> list[Option]:
    """Read the options that a values.yaml documents.

    Raises
    ------
    ValueError
        If a value has no description, or one that is not understood.
    """
    return list(_options(yaml.compose(text, yaml.SafeLoader), (), text.splitlines()))


def to_schema(options: list[Option]) -> str:
    """Return the values.schema.json for some options."""
    schema = _group()
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    schema["properties"]["global"] = {"type": "object", "description": "Helm's, for subcharts."}
    for option in options:
        group = schema
        for name in option.path[:-1]:
            group = group["properties"].setdefault(name, _group())
        group["properties"][option.path[-1]] = option.to_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def to_readme(options: list[Option], readme: str) -> str:
    """Return a README with the table of some options in the place of the one that it has."""
    rows = ["| Value | Default | What it is for |", "|---|---|---|", *(o.to_row() for o in options)]
    table = "\n".join([BEGIN, *rows, END])
    return re.sub(f"{BEGIN}.*{END}", lambda _: table, readme, flags=re.DOTALL)


def files(chart: Path = CHART) -> dict[Path, str]:
    """Return each generated file of a chart and what it must hold."""
    options = read_options((chart / "values.yaml").read_text())
    readme = chart / "README.md"
    return {
        chart / "values.schema.json": to_schema(options),
        readme: to_readme(options, readme.read_text()),
    }


def _group() -> dict[str, Any]:
    # A misspelt value is refused, not ignored.
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _options(node: yaml.MappingNode, path: tuple[str, ...], lines: list[str]) -> Iterator[Option]:
    for key, value in node.value:
        here = (*path, key.value)
        comment = list(_comment_above(key.start_mark.line, lines))
        texts = [line.removeprefix("-- ") for line in comment if line.startswith("-- ")]
        if texts:
            yield Option(
                path=here,
                default=yaml.SafeLoader("").construct_document(value),
                text=" ".join(texts),
                constraints=_constraints(comment),
            )
        elif isinstance(value, yaml.MappingNode) and value.value:
            yield from _options(value, here, lines)
        else:
            message = f"values.yaml: {'.'.join(here)} has no description. Write `# -- …` above it."
            raise ValueError(message)


def _comment_above(line: int, lines: list[str]) -> Iterator[str]:
    start = line
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    for text in lines[start:line]:
        yield text.lstrip().removeprefix("#").strip()


def _constraints(comment: list[str]) -> dict[str, Any]:
    constraints = {}
    for line in comment:
        if line.startswith("@schema "):
            constraints |= json.loads(line.removeprefix("@schema "))
    return constraints


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        path.write_text(text)
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
