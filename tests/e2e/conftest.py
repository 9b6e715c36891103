"""A release of the chart on the cluster that KUBECONFIG names, shared by all tests of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines.resources import SECRET
from secom_core import bundle
from secom_core.bundle import Bundle
from secom_core.dataset import Units
from secom_core.store import publish_bundle
from tests.bundles import write_bundle
from tests.e2e import cluster, store
from tests.e2e.cluster import CommandError, kubectl
from tests.e2e.release import Installed, Release
from tests.e2e.store import Bucket, Door, keys_secret
from tests.e2e.tasks import service_account
from tests.e2e.traffic.asking import Questions
from tests.e2e.traffic.driving import Driving, Traffic, driving, questions_about

_AFTER_SECONDS = 2.0
_SEEN = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep what tests measured for the end."""
    config.stash[_SEEN] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Show what happened on the cluster beside each failure: soon the namespaces are gone."""
    report = yield
    if report.failed and item.get_closest_marker("e2e") and os.environ.get("KUBECONFIG"):
        found = kubectl("get", "namespaces", f"--selector={cluster.LABEL}", "--output=name").split()
        names = [name.removeprefix("namespace/") for name in found]
        report.sections.append(("on the cluster", cluster.what_happened(names)))
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what tests measured."""
    if seen := config.stash[_SEEN]:
        terminalreporter.section("seen on the cluster")
        terminalreporter.write_line("\n".join(seen))


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Any:
    """A function that prints a line at the end of the run."""
    return request.config.stash[_SEEN].append


@pytest.fixture(scope="session")
def reachable() -> None:
    """A cluster that answers; without one the whole run ends and says what to do."""
    if not os.environ.get("KUBECONFIG"):
        pytest.exit("set KUBECONFIG to a cluster with KServe; README.md names what it needs", 2)
    try:
        kubectl("get", "crd", "inferenceservices.serving.kserve.io", "--request-timeout=10s")
    except CommandError as exc:
        pytest.exit(f"the cluster of KUBECONFIG is not there or has no KServe: {exc}", 2)


@pytest.fixture(scope="session")
def bucket(reachable) -> Iterator[Bucket]:  # noqa: ARG001 - to be asked first
    """A bucket of the cluster's store, empty at first."""
    with store.bucket() as made:
        yield made


@pytest.fixture(scope="session")
def bundles(twin: Units, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Bundle]:
    """Three bundles that answer the same golden requests, each otherwise."""
    parent = tmp_path_factory.mktemp("bundles")
    for strength in (0.01, 0.02, 0.05):
        write_bundle(twin, parent / str(strength), strength=strength)
    return [bundle.read(folder) for folder in sorted(parent.iterdir())]


@pytest.fixture(scope="session")
def published(bundles: Sequence[Bundle], bucket: Bucket) -> Sequence[Bundle]:
    """The same bundles, in the store."""
    for one in bundles:
        publish_bundle(bucket.open(), one.path, one.digest)
    return bundles


@pytest.fixture(scope="session")
def questions(bundles: Sequence[Bundle]) -> Questions:
    """What traffic asks, and what each bundle answers."""
    return questions_about(bundles)


@pytest.fixture(scope="session")
def namespace(reachable) -> Iterator[str]:  # noqa: ARG001 - to be asked first
    """A namespace that enforces the strictest level of Pod Security."""
    with cluster.namespace("main", pod_security="restricted") as name:
        yield name


@pytest.fixture(scope="session")
def door(bucket: Bucket, namespace: str) -> Door:
    """The Service through which the release reaches the store; a test that shuts it opens it."""
    made = Door(bucket, namespace)
    made.open()
    return made


@pytest.fixture(scope="session")
def installed(
    bucket: Bucket, door: Door, namespace: str, published: Sequence[Bundle]
) -> Iterator[Installed]:
    """The chart with two predictors and an external store; its hook rolled the first bundle out."""
    secrets = [keys_secret(bucket, namespace, name=name) for name in ("keys", SECRET)]
    cluster.apply(service_account(namespace), *secrets)
    values = {
        "objectStore": {"endpoint": door.address, "bucket": bucket.name, "existingSecret": "keys"},
        "minio": {"enabled": False},
        "champion": {"digest": published[0].digest},
        "storageContainer": {"create": True},
        "podMonitor": {"enabled": True},
        "alerts": {"enabled": True},
        "alertmanager": {"enabled": True},
        "dashboards": {"enabled": True},
    }
    release = Release("secom", namespace)
    before = cluster.everything(namespace)
    try:
        release.install(values)
        yield Installed(release, values, published[0])
    finally:
        release.uninstall()
    cluster.until(
        lambda: cluster.everything(namespace) <= before, seconds=60, what="a namespace as it was"
    )


@pytest.fixture
def traffic(
    installed: Installed, questions: Questions, tmp_path: Path, tell: Callable[[str], None]
) -> Driving:
    """Traffic to both predictors while a named event goes on and for a while after it."""

    @contextmanager
    def around(event: str) -> Iterator[Traffic]:
        installed.release.wait_for_pods(2)
        with driving(installed.release.target(), questions, folder=tmp_path) as flowing:
            yield flowing
            time.sleep(_AFTER_SECONDS)
        tell(f"{event}\n{flowing}")

    return around
