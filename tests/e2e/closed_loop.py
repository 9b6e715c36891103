"""A release with all that watches it, on a line that can be changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import urllib3

from pipelines.as_yaml import checked_in
from pipelines.demo import line
from pipelines.demo.line import Made
from pipelines.resources import SECRET
from secom_core import bundle
from secom_core.bundle import Bundle
from secom_core.dataset import Units
from secom_core.store import publish_bundle
from serving.monitor.runs import Run, Runs
from tests.bundles import write_bundle
from tests.e2e import cluster, watching
from tests.e2e.kubeflow import StandIn, stand_in
from tests.e2e.monitor import Monitor
from tests.e2e.release import Release
from tests.e2e.store import Bucket, bucket, keys_secret
from tests.e2e.tasks import service_account

UNITS, WINDOW = 300, 100
_SIGMAS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A release with all that watches it, and a stand-in for Kubeflow.

    Parameters
    ----------
    release : Release
    monitor : Monitor
    bucket : Bucket
        Its store.
    champion : Bundle
    kubeflow : StandIn
    began : float
        When it was installed, in seconds since 1970.
    """

    release: Release
    monitor: Monitor
    bucket: Bucket
    champion: Bundle
    kubeflow: StandIn
    began: float

    def score(self, made: Made) -> None:
        """Have units scored, a window's worth at a time."""
        target = self.release.target()
        url = f"http://{target.host}:{target.rest_port}/v2/models/secom"
        with urllib3.PoolManager(timeout=30) as http:
            for start in range(0, len(made.ids), WINDOW):
                cut = slice(start, start + WINDOW)
                line.score(http, url, Made(units=made.units.window(cut), ids=made.ids[cut]))

    def wait_for_scrapes(self) -> None:
        """Wait until Prometheus asks a predictor and the monitor, and is answered."""
        up = f'up{{namespace="{self.release.namespace}"}} == 1'
        cluster.until(
            lambda: len({one["metric"]["job"] for one in watching.query(up)}) == 2,
            seconds=180,
            what=f"predictor and monitor of {self.release.namespace} in Prometheus",
        )

    def trainings(self) -> list[Run]:
        """Return the trainings that the monitor's journal tells of."""
        return [run for run in Runs(self.bucket.open()).refresh() if run.is_training]


@contextmanager
def running(units: Units, folder: Path) -> Iterator[Loop]:
    """Install the chart with all that it can bring; remove it at the end.

    Kubeflow has an older version of the pipeline that trains.

    Parameters
    ----------
    units : Units
        What the champion is made of.
    folder : Path
        Gets the champion.
    """
    with (
        cluster.namespace("loop", pod_security="restricted") as namespace,
        bucket() as store,
        stand_in(namespace) as kubeflow,
    ):
        began, champion = time.time(), _published(units, store, folder)
        kubeflow.api.bring(checked_in("train_and_promote"), description="an older one")
        secrets = [keys_secret(store, namespace, name=name) for name in ("keys", SECRET)]
        cluster.apply(service_account(namespace), *secrets)
        release = Release("secom", namespace)
        try:
            release.install(_values(store, champion, kubeflow))
            yield Loop(
                release=release,
                monitor=Monitor(release),
                bucket=store,
                champion=champion,
                kubeflow=kubeflow,
                began=began,
            )
        finally:
            release.uninstall()


def change(made: Made, champion: Bundle, *, ids: tuple[str, ...]) -> Made:
    """Return units as a changed line makes them: all that the champion reads looks like risk."""
    readings, columns = made.units.readings.copy(), list(champion.sensors_read)
    risk, read = champion.judge(readings).risk, readings[:, columns]
    deviation = np.nan_to_num(read - np.nanmean(read, axis=0))
    direction = np.sign(deviation.T @ (risk - risk.mean()))
    readings[:, columns] += _SIGMAS * np.nanstd(read, axis=0) * direction
    return Made(units=replace(made.units, readings=readings), ids=ids)


def _published(units: Units, store: Bucket, folder: Path) -> Bundle:
    write_bundle(units, folder / "bundle")
    made = bundle.read(folder / "bundle")
    publish_bundle(store.open(), made.path, made.digest)
    return made


def _values(store: Bucket, champion: Bundle, kubeflow: StandIn) -> dict[str, Any]:
    is_brought = ("podMonitor", "alerts", "alertmanager", "dashboards")
    return {
        **{name: {"enabled": True} for name in is_brought},
        "objectStore": {
            "endpoint": store.inside,
            "bucket": store.name,
            "existingSecret": "keys",
        },
        "minio": {"enabled": False},
        "inferenceService": {"minReplicas": 1, "maxReplicas": 1},
        "champion": {"digest": champion.digest},
        "storageContainer": {"create": True},
        "kfp": {"endpoint": kubeflow.address},
        # So many units marked for audit that some are among few.
        "record": {"auditShare": 0.3, "shipEverySeconds": 1},
        # Alerts alone are to start a training here.
        "monitor": {
            "everySeconds": 2,
            "windowUnits": WINDOW,
            "newFails": 1000,
            "source": "synthetic",
        },
    }
