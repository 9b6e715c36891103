"""Say what is wrong with the chart: what `helm lint --strict` finds, and what is out of date."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import helm_python

from helm import generate as chart
from manifests import generate as manifests

_ACCEPTED = "icon is recommended"
_INFO = 1


def findings(folder: Path = chart.CHART) -> Iterator[str]:
    """Yield a line for each thing to mend in the chart of a folder, and in the manifests of it."""
    report = helm_python.lint(folder, strict=True)
    yield from report["errors"]
    for message in report["messages"]:
        if message["severity"] > _INFO or message["error"] != _ACCEPTED:
            yield f"{message['path']}: {message['error']}"
    for path, text in (chart.files(folder) | manifests.files(folder)).items():
        if not path.exists() or path.read_text() != text:
            yield f"{path}: out of date; `make chart` writes it anew"


def main() -> None:
    """Print the findings; exit code 1 if there are any."""
    lines = list(findings())
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
