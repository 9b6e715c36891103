"""Render the chart without a cluster, and look into what comes out.

As a program, writes the snapshot of the defaults: `python -m tests.helm.rendering`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/secom"
SNAPSHOT = Path(__file__).with_name("default.yaml")

RELEASE, NAMESPACE = "secom", "fab"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RANDOM = re.compile(r"(?<=: )[A-Za-z0-9+/]{20,}={0,2}$", re.MULTILINE)

Manifest = dict[str, Any]


@cache
def chart() -> helm_python.Chart:
    """Return the chart, which is read once."""
    return helm_python.Chart.load(CHART)


def texts(values: dict[str, Any], *, name: str = RELEASE, **how: bool) -> dict[str, str]:
    """Return what each template renders, those left out that render nothing."""
    rendered = chart().render(values, name=name, namespace=NAMESPACE, **how)
    paths = {path.removeprefix("secom/templates/"): text for path, text in rendered.items()}
    return {path: text for path, text in sorted(paths.items()) if text.strip()}


def render(*assignments: str, name: str = RELEASE, **how: bool) -> list[Manifest]:
    """Return the objects for some `--set` expressions."""
    values = helm_python.parse_set_string(",".join(assignments)) if assignments else {}
    parts = [
        text for path, text in texts(values, name=name, **how).items() if path.endswith(".yaml")
    ]
    return [found for found in yaml.load_all("\n---\n".join(parts), _LOADER) if found]


def one(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    """Return the only object of a kind, or of a kind and name."""
    found = [each for each in all_of(manifests, kind) if name in {"", each["metadata"]["name"]}]
    assert len(found) == 1, [each["metadata"]["name"] for each in found]
    return found[0]


def all_of(manifests: list[Manifest], kind: str) -> list[Manifest]:
    """Return the objects of a kind."""
    return [each for each in manifests if each["kind"] == kind]


def names_of(manifests: list[Manifest], kind: str) -> set[str]:
    """Return the names of the objects of a kind."""
    return {each["metadata"]["name"] for each in all_of(manifests, kind)}


def inference_service(manifests: list[Manifest]) -> Manifest:
    """Return the InferenceService that the template holds."""
    (config,) = (
        each for each in all_of(manifests, "ConfigMap") if "storage-uri-prefix" in each["data"]
    )
    return yaml.load(config["data"]["inference-service.yaml"], _LOADER)  # noqa: S506 - a safe one


def predictor(manifests: list[Manifest]) -> Manifest:
    """Return the predictor's container, as KServe makes it of runtime and InferenceService."""
    (container,) = one(manifests, "ServingRuntime")["spec"]["containers"]
    model = inference_service(manifests)["spec"]["predictor"]["model"]
    lists = ("args", "volumeMounts")
    added = {key: [*container[key], *model.get(key, [])] for key in lists}
    return container | added | {"resources": model["resources"]}


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yield each pod spec that the objects lead to, the one that KServe makes as well."""
    for each in manifests:
        where = f"{each['kind']} {each['metadata']['name']}"
        match each:
            case {"kind": "CronJob"}:
                yield where, each["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            case {"spec": {"template": {"spec": spec}}}:
                yield where, spec
            case {"kind": "ServingRuntime", "spec": runtime}:
                # KServe adds the runtime's containers and volumes to the predictor's pod.
                service = inference_service(manifests)["spec"]["predictor"]
                fetching = [
                    storage["spec"]["container"]
                    for storage in all_of(manifests, "ClusterStorageContainer")
                ]
                merged = {
                    "containers": [predictor(manifests)],
                    "initContainers": [*service.get("initContainers", []), *fetching],
                    "volumes": [*runtime["volumes"], *service.get("volumes", [])],
                }
                yield where, service | merged


def pod_of(manifests: list[Manifest], where: str) -> Manifest:
    """Return the pod spec that one object, named as in `pods`, leads to."""
    return dict(pods(manifests))[where]


def containers(pod: Manifest) -> list[Manifest]:
    """Return all containers of a pod."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def arguments(manifests: list[Manifest], job: str) -> list[str]:
    """Return the arguments of a Job's only container."""
    (container,) = one(manifests, "Job", job)["spec"]["template"]["spec"]["containers"]
    return container["args"]


def environment(container: Manifest) -> dict[str, Any]:
    """Return a container's variables: their values, or where those come from."""
    return {
        variable["name"]: variable.get("value", variable.get("valueFrom"))
        for variable in container.get("env", [])
    }


def default_snapshot() -> str:
    """Return all that the defaults render, with random values made plain."""
    return "\n".join(
        f"# {path}\n{_RANDOM.sub('RANDOM', text).strip()}\n---"
        for path, text in texts({}).items()
        if path.endswith(".yaml")
    )


if __name__ == "__main__":
    SNAPSHOT.write_text(default_snapshot() + "\n")
