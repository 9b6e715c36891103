"""skaffold.yaml: what a developer's loop builds, renders, installs and removes."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from tests.e2e import cluster
from tests.e2e.cluster import run

pytestmark = pytest.mark.e2e


def _skaffold(*arguments: str) -> str:
    quiet = ["SKAFFOLD_UPDATE_CHECK=false", "SKAFFOLD_INTERACTIVE=false"]
    return run("env", "DOCKER_BUILDKIT=1", *quiet, "skaffold", *arguments)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What skaffold says of the images that it built."""
    said = tmp_path_factory.mktemp("skaffold") / "builds.json"
    _skaffold("build", "--push=false", f"--file-output={said}")
    return said


@pytest.fixture(scope="module")
def images(built: Path) -> Iterator[Sequence[str]]:
    """Their names, with tags of their content; removed in the end, as each change makes others."""
    names = [one["tag"] for one in json.loads(built.read_text())["builds"]]
    yield names
    run("docker", "rmi", "--force", *(name.rpartition(":")[2] for name in names))


def test_default_profile_renders_the_chart_with_its_images(built: Path, images: Sequence[str]):
    """What would be installed runs in what was built, and in nothing of a release."""
    rendered = _skaffold("render", "--digest-source=tag", f"--build-artifacts={built}")

    objects = [one for one in yaml.safe_load_all(rendered) if one]
    (runtime,) = (one for one in objects if one["kind"] == "ServingRuntime")
    specs = [one["spec"]["template"]["spec"] for one in objects if one["kind"] == "Deployment"]
    used = [container for spec in (runtime["spec"], *specs) for container in spec["containers"]]
    assert {one["image"] for one in used} == set(images)


def test_run_installs_and_delete_leaves_nothing(images: Sequence[str]):
    """The images loaded, one command brings a release up and one takes it away."""
    with cluster.namespace("skaffold", pod_security="restricted") as name:
        for image in images:
            run(*shlex.split(os.environ["SECOM_IMAGE_LOAD"]), image)
        before = cluster.everything(name)

        # `run` would build for the platform that the cluster's nodes name: other images than those.
        _skaffold(
            "run", "--profile=ci", "--check-cluster-node-platforms=false", f"--namespace={name}"
        )
        running = {pod["metadata"]["name"].split("-")[1] for pod in cluster.ready_pods(name, "")}
        _skaffold("delete", "--profile=ci", f"--namespace={name}")

        assert running == {"minio", "mlflow", "monitor"}
        cluster.until(
            lambda: cluster.everything(name) <= before, seconds=60, what="a namespace as it was"
        )
