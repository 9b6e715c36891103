"""Write the manifests for `kubectl apply -k`: what the chart renders, without Helm's own.

Of the chart's hooks, whoever applies these runs the commands by hand; README.md says which.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import helm_python
import yaml

HERE = Path(__file__).parent
CHART = HERE.parent / "helm/secom"
RELEASE = NAMESPACE = "secom"
NO_BUNDLE = "0" * 64
"""Stands for the digest that whoever applies the sample puts there."""

_MARK = "# Generated from helm/secom by `make chart`.\n"
_HELMS = re.compile(r"^ *(helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n", re.MULTILINE)
_FIRST_RULE = re.compile(r"\A-{3,}\n")


def files(chart: Path = CHART) -> dict[Path, str]:
    """Return each file that is made of a chart, and what it must hold.

    Raises
    ------
    helm_python.HelmError
        If the chart does not render.
    """
    rendered = _rendered(chart)
    base = {f"base/{path}": text for path, text in rendered.items()}
    base["base/kustomization.yaml"] = _kustomization(rendered)
    sample = {
        "sample/inference-service.yaml": _sample(rendered["inference-service-template.yaml"]),
        "sample/kustomization.yaml": _kustomization(["inference-service.yaml"]),
    }
    return {HERE / path: _MARK + text for path, text in (base | sample).items()}


def _rendered(folder: Path) -> dict[str, str]:
    """Return what each template renders but hooks and notes."""
    values = yaml.safe_load((HERE / "values.yaml").read_text())
    with helm_python.Chart.load(folder) as chart:
        templates = chart.render(values, name=RELEASE, namespace=NAMESPACE)
    paths = {path.removeprefix("secom/templates/"): text for path, text in templates.items()}
    return {
        path: _FIRST_RULE.sub("", _HELMS.sub("", text).strip() + "\n")
        for path, text in sorted(paths.items())
        if text.strip() and path.endswith(".yaml") and not path.startswith("hooks/")
    }


def _kustomization(names: list[str] | dict[str, str]) -> str:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return yaml.safe_dump(head | {"resources": list(names)}, sort_keys=False)


def _sample(template: str) -> str:
    """Return the InferenceService as a roll-out would apply it, for a bundle to be named."""
    data = yaml.safe_load(template)["data"]
    service = yaml.safe_load(data["inference-service.yaml"])
    predictor = service["spec"]["predictor"]
    predictor["annotations"]["secom.io/bundle-digest"] = NO_BUNDLE
    predictor["model"]["storageUri"] = data["storage-uri-prefix"] + NO_BUNDLE
    return yaml.safe_dump(service, sort_keys=False)


def main() -> None:
    """Write the files, and remove those that are no longer rendered."""
    wanted = files()
    for folder in {path.parent for path in wanted}:
        folder.mkdir(exist_ok=True, parents=True)
        for stale in set(folder.glob("*.yaml")) - set(wanted):
            stale.unlink()
    for path, text in wanted.items():
        path.write_text(text)
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
