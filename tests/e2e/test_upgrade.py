"""`helm upgrade` and `helm rollback`: the template changes, the champion stays."""

from __future__ import annotations

import pytest

from tests.e2e.release import Installed, merged
from tests.e2e.traffic.driving import Driving

pytestmark = pytest.mark.e2e


def _requested_cpu(installed: Installed) -> list[str]:
    containers = [pod["spec"]["containers"][0] for pod in installed.release.pods()]
    return [container["resources"]["requests"]["cpu"] for container in containers]


def test_an_upgrade_and_its_rollback_reach_the_predictors_and_lose_no_request(
    installed: Installed, traffic: Driving
):
    """A hook applies the changed template with the same bundle, there and back."""
    changed = {"inferenceService": {"resources": {"requests": {"cpu": "60m"}}}}

    with traffic("helm upgrade and helm rollback") as flowing:
        installed.release.upgrade(merged(installed.values, changed))
        assert _requested_cpu(installed) == ["60m", "60m"]
        installed.release.helm("rollback", "1", "--wait", "--timeout=5m")
        assert _requested_cpu(installed) == ["50m", "50m"]

    flowing.require_lossless()
    for seen in flowing.figures.values():
        assert set(seen.answers) == {installed.champion.digest}
