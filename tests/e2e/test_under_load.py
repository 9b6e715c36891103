"""What clients notice when bundles change and pods go, at 110 requests a second over each protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from secom_core.bundle import Bundle
from tests.e2e.cluster import Manifest, kubectl
from tests.e2e.conftest import Installed
from tests.e2e.killing import kill
from tests.e2e.tasks import run_task
from tests.e2e.traffic.asking import Questions
from tests.e2e.traffic.driving import Traffic, driving

pytestmark = pytest.mark.e2e

P99_SECONDS = 0.5
"""On two cores that also start the pods which join."""
_AFTER_SECONDS = 2.0

Driving = Callable[[str], AbstractContextManager[Traffic]]


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


def roll_back(installed: Installed, bundle: Bundle) -> None:
    """Go to a bundle as somebody would who may do what the pipelines may."""
    release = installed.release
    scope = (f"--name={release.name}", f"--namespace={release.namespace}")
    outcome = run_task(release.namespace, "rollback", *scope, bundle.digest)
    assert outcome.is_success, outcome.log


def assert_lossless(traffic: Traffic) -> None:
    """No request failed, at a rate and with latencies that count."""
    for name, seen in traffic.figures.items():
        assert not seen.failures, f"{name}: {seen}"
        assert seen.rate >= 100, f"{name}: {seen}"
        assert seen.p99_seconds < P99_SECONDS, f"{name}: {seen}"


def test_a_roll_out_and_the_way_back_lose_no_request(
    installed: Installed, traffic: Driving, published: Sequence[Bundle]
):
    """Each bundle answers only with its own risks, and at the end the right one answers alone."""
    first, second = installed.champion, published[1]

    with traffic("roll-out") as there:
        roll_back(installed, second)
    with traffic("roll-back") as back:
        roll_back(installed, first)

    for flowing in (there, back):
        assert_lossless(flowing)
        for seen in flowing.figures.values():
            assert set(seen.answers) == {first.digest, second.digest}


def test_deleting_one_of_two_pods_loses_no_request(installed: Installed, traffic: Driving):
    """Its requests are finished and its connections closed politely."""
    with traffic("kubectl delete pod") as flowing:
        kubectl("delete", "pod", *_named(installed.release.pods()[0]))
        installed.release.wait_for_pods(2)

    assert_lossless(flowing)


def test_draining_a_node_of_one_of_two_pods_loses_no_request(
    installed: Installed, traffic: Driving
):
    """`kubectl drain` asks for evictions; the disruption budget grants one at a time."""
    pods = installed.release.pods()

    with traffic("eviction") as flowing:
        evict(pods[0])
        with pytest.raises(AssertionError, match="disruption budget"):
            evict(pods[1])
        installed.release.wait_for_pods(2)

    assert_lossless(flowing)


def test_a_crash_of_one_of_two_pods_costs_a_repeat_at_most(
    installed: Installed, traffic: Driving, tell: Callable[[str], None]
):
    """SIGKILL: only what was on its way to that pod within 2 s has to be asked again."""
    with traffic("SIGKILL") as flowing:
        killed_at = kill(installed.release.pods()[0], "kserve-container")
        installed.release.wait_for_pods(2)

    for name, seen in flowing.figures.items():
        assert not seen.failures, f"{name}: {seen}"
        recovery = seen.recovery_seconds(killed_at)
        tell(f"{name}: last repeat {recovery:.2f} s after the kill")
        assert recovery <= 2.0, f"{name}: {seen}"


def evict(pod: Manifest) -> None:
    """Ask for an eviction, as a drain does for each pod of a node."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
    body = (
        '{"apiVersion": "policy/v1", "kind": "Eviction", '
        f'"metadata": {{"name": "{name}", "namespace": "{namespace}"}}}}'
    )
    kubectl("create", "--raw", path, "--filename=-", stdin=body)


def _named(pod: Manifest) -> tuple[str, str]:
    return pod["metadata"]["name"], f"--namespace={pod['metadata']['namespace']}"
