"""What Prometheus sees of a release; it takes its operator a minute or two to look there."""

from __future__ import annotations

from itertools import takewhile

import pytest

from serving import metrics
from tests.e2e import cluster
from tests.e2e.release import Installed
from tests.e2e.watching import query

pytestmark = pytest.mark.e2e

_NAMES = [value for name, value in vars(metrics).items() if name.isupper()]
_PREDICTORS = set(takewhile(lambda name: name != metrics.MONITOR_REQUESTS, _NAMES))


def test_prometheus_scrapes_each_predictor(installed: Installed):
    """Both targets are up, and each metric that is a predictor's is there."""
    of_release = f'namespace="{installed.release.namespace}",job=~".+-predictor"'

    def names() -> set[str]:
        series = query(f'{{{of_release},__name__=~"secom_.+"}}')
        return {one["metric"]["__name__"].removesuffix("_bucket") for one in series}

    def both_up() -> bool:
        targets = query(f"up{{{of_release}}} == 1")
        return len({one["metric"]["pod"] for one in targets}) == 2

    cluster.until(both_up, seconds=180, what="two targets up in Prometheus")
    cluster.until(
        lambda: names() >= _PREDICTORS,
        seconds=60,
        what=f"{', '.join(sorted(_PREDICTORS))} in Prometheus",
    )
