"""The loop on a cluster: a changed line, alerts, one training on what was learnt, and no second."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from manifests.rules import drift, predictor
from pipelines.demo.line import Made
from secom_core import dataset
from secom_core.dataset import Units
from secom_core.store.run_documents import verdict_key
from serving import metrics
from serving.monitor import routes
from serving.monitor.runs import Run
from tests.bundles import RUN_ID
from tests.e2e import cluster, dashboards, watching
from tests.e2e.closed_loop import UNITS, WINDOW, Loop, change, running
from tests.e2e.cluster import until
from tests.e2e.monitor import ALERTMANAGER, LAB
from tests.manifests import panels
from tests.serving.monitor.test_alerts import alert, delivery

pytestmark = pytest.mark.e2e

_FILLED_SECONDS = 120
_LATER = "2100-01-01T00:00:00Z"
_RISK_DRIFTS = drift.risk_drifts().name
_FOUND_AT = datetime.now(UTC) + timedelta(hours=1)
"""After the units were scored, whenever that will be."""
_EXPECTED = {
    _RISK_DRIFTS: "started",
    drift.flagged_twice_capacity().name: "ignored",
    predictor.predictor_down().name: "ignored",
}
"""What the monitor does, by the alert that is brought to it."""


@pytest.fixture(scope="module")
def loop(
    reachable,  # noqa: ARG001 - to be asked first
    twin: Units,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loop]:
    """The chart with all that it can bring."""
    with running(twin, tmp_path_factory.mktemp("champion")) as made:
        yield made


@pytest.fixture(scope="module")
def usual(loop: Loop, twin: Units) -> Made:
    """Units as the champion knows them: scored, and then told about by the final test."""
    made = Made(units=twin.window(slice(0, UNITS)), ids=_ids("usual"))
    loop.wait_for_scrapes()
    loop.score(made)
    said = loop.monitor.tell(made, at=_FOUND_AT, token=loop.monitor.token(LAB))
    assert (said.status_code, said.json()) == (202, {"accepted": UNITS, "known": 0})
    return made


@pytest.fixture(scope="module")
def changed(loop: Loop, usual: Made) -> Made:
    """The same units once the line has changed; the monitor is killed at that moment."""
    made = change(usual, loop.champion, ids=_ids("changed"))
    loop.score(made)
    loop.monitor.kill()
    return made


@pytest.fixture(scope="module")
def delivered(loop: Loop, changed: Made) -> Mapping[str, str]:  # noqa: ARG001 - what alerts are about
    """What the monitor did, by alert: of the line, and of a predictor that was down meanwhile."""
    loop.release.scale(0)
    until(
        lambda: watching.firing(loop.release.namespace) >= _EXPECTED.keys(),
        seconds=360,
        what=f"{', '.join(_EXPECTED)} firing in Prometheus",
    )
    found = until(
        lambda: told if (told := loop.monitor.delivered()).keys() >= _EXPECTED.keys() else None,
        seconds=120,
        what=f"{', '.join(_EXPECTED)} brought by Alertmanager",
    )
    loop.release.scale(1)
    loop.release.wait_for_pods(1)
    loop.wait_for_scrapes()
    return found


def _ids(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}-{number:03d}" for number in range(UNITS))


def test_alerts_fire_and_reach_the_monitor(delivered: Mapping[str, str]):
    """Drifting risks start a training; what else is wrong is somebody else's to mend."""
    assert {name: delivered[name] for name in _EXPECTED} == _EXPECTED


@pytest.mark.usefixtures("delivered")
def test_a_killed_monitor_forgets_nothing(loop: Loop, usual: Made, changed: Made):
    """Outcomes are known when they come again, and each full window was judged once."""
    said = loop.monitor.tell(usual, at=_FOUND_AT, token=loop.monitor.token(LAB))

    assert (said.status_code, said.json()) == (200, {"accepted": 0, "known": UNITS})
    n_windows = len(usual.ids + changed.ids) // WINDOW
    assert loop.monitor.figure(metrics.DRIFT_WINDOWS) == n_windows


@pytest.mark.usefixtures("delivered")
def test_one_training_starts_on_what_was_learnt(loop: Loop, usual: Made, tmp_path: Path):
    """Of the newest version, for the champion's service, on a snapshot with the units told of."""
    (sent,) = loop.kubeflow.api.runs
    (run,) = loop.trainings()
    versions = _versions(loop)
    parameters = sent["runtime_config"]["parameters"]
    source = parameters["source"]
    units = dataset.load(source, cache=tmp_path, open_bucket=lambda _: loop.bucket.open())
    original = dataset.twin()

    assert len(versions) == 2
    assert sent["pipeline_version_reference"] == versions[-1]
    assert (sent["run_id"], run.intent.reason) == (run.run_id, _RISK_DRIFTS)
    assert parameters["inference_service"] == loop.release.name
    assert source.startswith(f"s3://{loop.bucket.name}/data/snapshots/")
    assert units.digest == run.intent.data_digest
    assert len(units) == len(original) + UNITS
    assert units.is_fail.sum() == original.is_fail.sum() + usual.units.is_fail.sum()


def _versions(loop: Loop) -> list[dict[str, str]]:
    """Return all versions of the training pipeline, the newest last."""
    api, keys = loop.kubeflow.api, ("pipeline_id", "pipeline_version_id")
    (pipeline,) = (one for one in api.pipelines if one["display_name"] == "secom-train-and-promote")
    return [
        {key: one[key] for key in keys}
        for one in api.versions
        if one["pipeline_id"] == pipeline["pipeline_id"]
    ]


@pytest.mark.usefixtures("delivered")
def test_no_second_training_starts(loop: Loop):
    """Not for the same alert, nor for another while one runs, nor in the cool-down after it."""
    (run,) = loop.trainings()
    token = loop.monitor.token(ALERTMANAGER)

    assert _answer(loop, _repeated(run), token) == "duplicate"
    assert _answer(loop, _repeated(run, starts_at=_LATER), token) == "running"

    reasons = {"decision": "keep", "reasons": ["It is no better."]}
    loop.bucket.open().put(verdict_key(run.run_id), json.dumps(reasons).encode())
    loop.kubeflow.api.end(run.run_id, "SUCCEEDED")
    path = routes.RUN.replace("{id}", run.run_id)
    until(
        lambda: loop.monitor.get(path, token=loop.monitor.token(LAB)).json()["status"] == "kept",
        seconds=60,
        what="the end of the training, as the monitor tells of it",
    )

    assert _answer(loop, _repeated(run), token) == "duplicate"
    assert _answer(loop, _repeated(run, starts_at=_LATER), token) == "cooling_down"
    assert len(loop.kubeflow.api.runs) == 1


def _repeated(run: Run, *, starts_at: str = "") -> dict[str, Any]:
    """Return the delivery that started a run, as of an alert that began at that time or another."""
    (key,) = run.intent.keys
    group, _, began = key.removeprefix("alert ").rpartition(" ")
    return delivery(alert(starts_at=starts_at or began, action="retrain"), groupKey=group)


def _answer(loop: Loop, content: dict[str, Any], token: str) -> str:
    said = loop.monitor.post(routes.ALERTS, content, token=token).raise_for_status()
    return str(said.json()["answer"])


@pytest.mark.parametrize(
    ("path", "other"),
    [(routes.ALERTS, LAB), (routes.RETRAIN, ALERTMANAGER), (routes.OUTCOMES, ALERTMANAGER)],
)
def test_a_token_opens_its_own_door_alone(loop: Loop, path: str, other: str):
    """The lab's brings no alerts, Alertmanager's nothing else; a wrong one opens none."""
    answers = [
        loop.monitor.post(path, {}, token=token) for token in ("wrong", loop.monitor.token(other))
    ]

    assert [said.status_code for said in answers] == [401, 401]
    assert answers[0].text == answers[1].text


def test_a_unit_of_the_replay_is_traced(loop: Loop, usual: Made):
    """One command on this machine tells what became of it."""
    number = int(np.flatnonzero(usual.units.is_fail)[0])
    settings = {
        "AWS_ENDPOINT_URL": f"http://{loop.bucket.outside}",
        "AWS_ACCESS_KEY_ID": loop.bucket.access_key,
        "AWS_SECRET_ACCESS_KEY": loop.bucket.secret_key,
        "SECOM_BUCKET": loop.bucket.name,
    }
    environ = [f"{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "pipelines.cli", "trace", usual.ids[number], "--json"]

    told = json.loads(cluster.run("env", *environ, *command))

    (scoring,), (origin,) = told["scorings"], told["bundles"]
    assert told["outcome"]["result"] == "fail"
    assert scoring["outcome_how"] in {"inspection", "audit", "final_test"}
    assert scoring["bundle"] == origin["digest"] == loop.champion.digest
    assert (origin["run_id"], origin["is_champion"]) == (RUN_ID, True)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dashboards are drawn, for people to look at: $SECOM_PICTURES, if it is set."""
    chosen = os.environ.get("SECOM_PICTURES")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize("name", panels.dashboards())
def test_a_dashboard_shows_something_everywhere(
    loop: Loop, changed: Made, name: str, pictures: Path
):
    """After all that, each query of each panel, variable and annotation finds data."""
    dashboard, deadline = panels.dashboards()[name], time.monotonic() + _FILLED_SECONDS
    while True:
        # The predictor that came back has counted nothing yet, and rates take two scrapes.
        loop.score(Made(units=changed.units.window(slice(0, 5)), ids=changed.ids[:5]))
        span = dashboards.Span(start=loop.began, end=time.time())
        variables = dashboards.chosen(
            dashboard, watching.prometheus, {"namespace": loop.release.namespace}, span=span
        )
        shown = {"variables": variables, "span": span}
        wrong = dashboards.complaints(dashboard, watching.prometheus, **shown)
        if not wrong or time.monotonic() > deadline:
            break
    dashboards.render(dashboard, watching.prometheus, pictures / f"{name}.png", **shown)

    assert wrong == []
