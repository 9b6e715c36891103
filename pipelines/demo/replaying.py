"""The line's later months, window by window, and what the loop does about them."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from pipelines.demo import line, watching
from pipelines.demo.line import Made
from pipelines.demo.scene import Scene
from pipelines.demo.services import address_of, program
from pipelines.demo.story import Step
from pipelines.demo.watching import Scrape
from secom_core import bundle
from secom_core.bundle import Bundle
from secom_core.dataset import Units
from secom_core.errors import RunError
from secom_core.store import documents, fetch_bundle, read_champion
from serving import metrics
from serving.monitor import routes
from serving.monitor.launching import TRAINING
from serving.monitor.tokens import ALERTS_TOKEN, MONITOR_TOKEN

WINDOW = 100
"""Units that are scored, and judged, at a time."""

ORIGINAL = "data/original"
"""Where the units lie that the first champion knew, for later trainings."""

_N_UNCHANGED = 3  # windows
_NEW_FAILS = 40  # so that the alert comes first; outcomes alone would start a training, too
_TRAINING_SECONDS = 900.0
_POLL_SECONDS = 0.2


def replay(
    scene: Scene, champion: Bundle, units: Units, *, start: int, shifted: Sequence[int]
) -> None:
    """Make the units from `start` on, have them scored and tested, and follow what happens.

    Parameters
    ----------
    scene : Scene
    champion : Bundle
        That serves at first.
    units : Units
        All of them.
    start : int
    shifted : sequence of int
        Sensors that drift later on.

    Raises
    ------
    RunError
        If a program does not do what it should.
    """
    scene.story.shifted = tuple(units.sensors[column] for column in shifted)
    scene.story.capacity = champion.operating_point.max_inspection_rate
    first_changed = start + _N_UNCHANGED * WINDOW
    changed = line.shift(units, shifted, start=first_changed)
    waiting = deque(line.cut(changed, start=start, size=WINDOW))
    with _shipping(scene), _monitoring(scene) as monitor:
        while waiting:
            with _serving(scene, champion) as predictor:
                champion = _until_champion_changes(
                    scene, champion, waiting, predictor=predictor, monitor=monitor
                )


def _until_champion_changes(
    scene: Scene, champion: Bundle, waiting: deque[Made], *, predictor: str, monitor: str
) -> Bundle:
    """Let the line run until another champion comes, or there are no more units."""
    is_alerted = False
    for n_windows in itertools.count(1):
        if not waiting:
            break
        made = waiting.popleft()
        is_shifted = len(scene.story.steps) >= _N_UNCHANGED
        if len(scene.story.steps) == _N_UNCHANGED:
            scene.tell("shift", f"From here on {', '.join(scene.story.shifted)} drift.")
        line.score(scene.http, predictor, made)
        seen = watching.wait_for_window(
            scene.http, monitor, champion=champion.digest, n_windows=n_windows
        )
        _show(scene, _step(scene, made, seen, is_shifted=is_shifted))
        token = scene.environ[MONITOR_TOKEN]
        line.final_test(scene.http, monitor, made, token=token, at=datetime.now(UTC))
        if seen.value(metrics.RISK_DRIFTING) and not is_alerted:
            _alert(scene, monitor)
            is_alerted = True
        if _is_training(scene, monitor):
            _follow(scene, monitor)
            current = read_champion(scene.store)
            if current and current.digest != champion.digest:
                folder = scene.folder / current.digest
                return bundle.read(fetch_bundle(scene.store, current.digest, folder))
    return champion


def _step(scene: Scene, made: Made, seen: Scrape, *, is_shifted: bool) -> Step:
    units = made.units
    n_drifting = seen.value(metrics.SENSORS_DRIFTING, scope="all")
    return Step(
        number=len(scene.story.steps) + 1,
        measured_from=str(units.measured_at[0]),
        measured_until=str(units.measured_at[-1]),
        n_units=len(units),
        n_fails=int(units.is_fail.sum()),
        champion=seen.champion(),
        is_shifted=is_shifted,
        flagged=seen.bounded(metrics.FLAGGED_SHARE) or (0.0, 0.0, 0.0),
        n_drifting=None if n_drifting is None else int(n_drifting),
        drift_share=seen.value(metrics.DRIFT_SHARE),
        baseline=seen.value(metrics.DRIFT_BASELINE),
        top=seen.top_sensors(),
        is_risk_drifting=bool(seen.value(metrics.RISK_DRIFTING)),
        auc=seen.bounded(metrics.LIVE, figure="auc"),
        live_state=seen.state(),
    )


def _show(scene: Scene, step: Step) -> None:
    scene.story.steps.append(step)
    drift = f"{step.n_drifting or 0:3d} sensors drift"
    farthest = ", ".join(f"{sensor} {psi:.2f}" for sensor, psi in step.top[:3])
    auc = "AUC {:.2f} [{:.2f}, {:.2f}]".format(*step.auc) if step.auc else step.live_state
    scene.console.print(
        f"{step.number:2d}  {step.measured_from[:10]}  {step.n_units} units, "
        f"{step.flagged[0]:4.0%} flagged, {drift}{f' ({farthest})' if farthest else ''}, "
        f"risks {'DRIFT' if step.is_risk_drifting else 'as ever'}, {auc.replace('_', ' ')}",
        highlight=False,
        soft_wrap=True,
    )


def _alert(scene: Scene, monitor: str) -> None:
    """Deliver what Alertmanager would."""
    labels = {"alertname": "SecomRiskDrift", "severity": "ticket", "action": "retrain"}
    body = {
        "version": "4",
        "groupKey": "demo",
        "status": "firing",
        "alerts": [{"status": "firing", "labels": labels, "startsAt": "2008-01-01T00:00:00Z"}],
    }
    headers = {"authorization": f"Bearer {scene.environ[ALERTS_TOKEN]}"}
    url = f"{monitor}{routes.ALERTS}"
    answer = scene.http.request("POST", url, json=body, headers=headers).json()
    scene.tell("alert", f"The alert on drifting risks reaches the monitor: {answer['answer']}.")


def _is_training(scene: Scene, monitor: str) -> bool:
    seen = watching.scrape(scene.http, monitor)
    return bool(seen.value(metrics.RUNS_GOING, pipeline=TRAINING))


def _follow(scene: Scene, monitor: str) -> None:
    """Wait for a training's end, and tell what the gate said."""
    before = {found.key for found in scene.store.find("runs/")}
    scene.tell("training", "A training goes on, on old and new units; the line waits for it.")
    deadline = time.monotonic() + _TRAINING_SECONDS
    with scene.console.status("training"):
        while _is_training(scene, monitor):
            if time.monotonic() > deadline:
                message = f"the training has not ended within {_TRAINING_SECONDS:.0f} seconds."
                raise RunError(message)
            time.sleep(_POLL_SECONDS)
    verdicts = [
        found.key
        for found in scene.store.find("runs/")
        if found.key.endswith("/verdict.json") and found.key not in before
    ]
    if not verdicts:
        scene.tell("verdict", "The training failed; the monitor's log says why.")
        return
    verdict = documents.from_bytes(scene.store.get(verdicts[-1]))
    scene.story.verdict = verdict
    word = {"promote": "PROMOTED", "keep": "KEPT", "none": "NONE"}[verdict["decision"]]
    scene.tell("verdict", f"Verdict: {word}. {' '.join(verdict['reasons'])}")


@contextmanager
def _serving(scene: Scene, champion: Bundle) -> Iterator[str]:
    log = scene.folder / f"predictor-{champion.digest[:12]}.log"
    options = [
        f"--bundle={champion.path}",
        *("--http-port=0", "--grpc-port=0", "--drain-seconds=0"),
        f"--record={scene.folder / 'records'}",
    ]
    with program("serve", options, environ=scene.environ, log=log) as process:
        yield address_of(process, log)


@contextmanager
def _shipping(scene: Scene) -> Iterator[None]:
    options = [str(scene.folder / "records"), "--every=0.5"]
    with program("ship", options, environ=scene.environ, log=scene.folder / "shipper.log"):
        yield


@contextmanager
def _monitoring(scene: Scene) -> Iterator[str]:
    log = scene.folder / "monitor.log"
    options = [
        *("--port=0", "--every=0.5", f"--window={WINDOW}", "--cooldown-hours=1"),
        f"--new-fails={_NEW_FAILS}",
        f"--source={scene.store.address(ORIGINAL)}",
        f"--here={scene.folder / 'trainings'}",
        "--search=quick",
    ]
    with program("monitor", options, environ=scene.environ, log=log) as process:
        yield address_of(process, log)
