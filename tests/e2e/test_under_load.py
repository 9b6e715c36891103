"""What clients notice when bundles change and pods go, at 110 requests a second each way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from secom_core.bundle import Bundle
from tests.e2e.cluster import CommandError, evict, kubectl
from tests.e2e.killing import kill
from tests.e2e.release import Installed
from tests.e2e.tasks import roll_back
from tests.e2e.traffic.driving import Driving

pytestmark = pytest.mark.e2e


def test_a_roll_out_and_the_way_back_lose_no_request(
    installed: Installed, traffic: Driving, published: Sequence[Bundle]
):
    """Each bundle answers only with its own risks, and at the end the right one answers alone."""
    first, second = installed.champion, published[1]

    with traffic("roll-out") as there:
        outcome = roll_back(installed.release, second.digest).outcome()
        assert outcome.is_success, outcome.log
    with traffic("roll-back") as back:
        outcome = roll_back(installed.release, first.digest).outcome()
        assert outcome.is_success, outcome.log

    for flowing in (there, back):
        flowing.require_lossless()
        for seen in flowing.figures.values():
            assert set(seen.answers) == {first.digest, second.digest}


def test_deleting_one_of_two_pods_loses_no_request(installed: Installed, traffic: Driving):
    """Its requests are finished and its connections closed politely."""
    pod = installed.release.pods()[0]["metadata"]["name"]

    with traffic("kubectl delete pod") as flowing:
        kubectl("delete", "pod", pod, f"--namespace={installed.release.namespace}")
        installed.release.wait_for_pods(2)

    flowing.require_lossless()


def test_a_drain_of_one_of_two_pods_loses_no_request(installed: Installed, traffic: Driving):
    """The disruption budget grants one eviction, and no second before a successor is ready."""
    pods = installed.release.pods()

    with traffic("eviction") as flowing:
        evict(pods[0])
        with pytest.raises(CommandError, match="disruption budget"):
            evict(pods[1])
        installed.release.wait_for_pods(2)

    flowing.require_lossless()


def test_a_crash_of_one_of_two_pods_costs_a_repeat_at_most(
    installed: Installed, traffic: Driving, tell: Callable[[str], None]
):
    """SIGKILL: only what was on its way to that pod within 2 s has to be asked again."""
    with traffic("SIGKILL") as flowing:
        killed_at = kill(installed.release.pods()[0], "kserve-container")
        installed.release.wait_for_pods(2)

    flowing.require_lossless()
    for name, seen in flowing.figures.items():
        recovery = seen.recovery_seconds(killed_at)
        tell(f"{name}: the last repeat came {recovery:.2f} s after the kill")
        assert recovery <= 2.0, f"{name}: {seen}"
