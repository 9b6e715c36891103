from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from secom_core.drift.watch import Moves, RiskMove, Window, judge_drift
from secom_core.evaluation import Figure
from secom_core.outcomes import Live
from secom_core.store import Champion
from serving import metrics
from serving.monitor.cycles import Cycles
from serving.monitor.exposition import Exposition
from serving.monitor.state import Latest, OutcomeCounts, Seen
from tests.serving.monitor.scoring import NOW

WINDOW = Window(
    bundle="a" * 64,
    started_at="2008-10-01T00:00:00",
    ended_at="2008-10-01T23:00:00.000000",
    n_units=200,
    n_flagged=20,
    sensors=Moves(
        q_value=np.array([0.001, 1.0, 1.0]),
        psi=np.array([0.3, 0.05, 0.0]),
        quantile_shift=np.array([0.2, -0.01, np.nan]),
        missing_share=np.array([0.0, 0.1, 1.0]),
    ),
    risk=RiskMove(p_value=0.5, psi=0.05),
)
LIVE = Live(
    state="estimated",
    n_units=900,
    joined={"inspection": 5, "audit": 3, "final_test": 0},
    n_fails=20,
    n_passes=100,
    auc=Figure(0.7, 0.6, 0.8),
    capture_rate=Figure(0.5, 0.3, 0.7),
    escape_rate=Figure(0.04, 0.03, 0.06),
    calibration_slope=Figure(1.0, 0.5, 1.5),
)
SEEN = Seen(
    at=NOW,
    champion=Champion(
        digest="a" * 64, run_id="run-7", seen_until="", is_synthetic=True, holdout_digest=""
    ),
    changes={"promotion": 2, "rollback": 1},
    promised=Figure(0.75, 0.65, 0.85),
    sensors=("etch", "oven", "silent"),
    window=WINDOW,
    drift=judge_drift(
        [WINDOW, WINDOW], sensors_read=(0, 1), baseline=0.25, max_inspection_rate=0.2
    ),
    live=LIVE,
    outcomes=OutcomeCounts(
        taken_in={"pass": 100, "fail": 20}, newest_at=NOW, joined=LIVE.joined, n_unmatched=4
    ),
)


@pytest.fixture
def shown():
    """What Prometheus is told of what a round has seen: values by name and sorted labels."""

    def show(seen):
        latest, cycles = Latest(), Cycles()
        cycles.failed()
        cycles.done(NOW)
        if seen:
            latest.put(seen)
        registry = CollectorRegistry()
        registry.register(Exposition(latest, cycles))
        text = generate_latest(registry).decode()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return show


def test_before_the_first_round_nothing_is_shown_but_rounds(shown):
    """A monitor that has seen nothing says so by silence, not by zeros."""
    assert shown(None) == {
        (metrics.MONITOR_CYCLES, "done"): 1,
        (metrics.MONITOR_CYCLES, "failed"): 1,
        (metrics.MONITOR_CYCLE_TIME,): NOW.timestamp(),
    }


def test_what_is_not_known_is_absent(shown):
    """Before the first window and outcome there is no figure of either, and no champion."""
    names = {name for name, *_ in shown(Seen(at=NOW))}

    assert names == {metrics.MONITOR_CYCLES, metrics.MONITOR_CYCLE_TIME, metrics.SET_ASIDE}


def test_sensors_are_shown_by_name(shown):
    """All sensors are shown, drifting or not; what was never measured has no shift."""
    found = shown(SEEN)

    assert [found[metrics.SENSOR_PSI, name] for name in SEEN.sensors] == [0.3, 0.05, 0.0]
    assert [found[metrics.SENSOR_DRIFTING, name] for name in SEEN.sensors] == [1, 0, 0]
    assert [found[metrics.SENSOR_MISSING, name] for name in SEEN.sensors] == [0, 0.1, 1]
    assert (metrics.SENSOR_SHIFT, "silent") not in found


def test_drift_is_shown(shown):
    """How many sensors drift, of all and of those read, against what is nothing new."""
    found = shown(SEEN)

    ended_at = datetime(2008, 10, 1, 23, tzinfo=UTC)
    assert found[metrics.DRIFT_WINDOW_TIME,] == ended_at.timestamp()
    assert (found[metrics.SENSORS_DRIFTING, "all"], found[metrics.SENSORS_DRIFTING, "read"]) == (
        1,
        1,
    )
    assert (found[metrics.DRIFT_SHARE,], found[metrics.DRIFT_BASELINE,]) == (0.5, 0.25)
    assert found[metrics.FLAGGED_SHARE, "value"] == 0.1
    assert found[metrics.FLAGGED_PERSISTS, "twice_capacity"] == 0


def test_unknown_baseline_is_absent(shown):
    """A bundle whose training window was too short for a baseline shows none."""
    found = shown(replace(SEEN, drift=replace(SEEN.drift, baseline=None)))

    assert (metrics.DRIFT_BASELINE,) not in found
    assert (metrics.DRIFT_SHARE,) in found


def test_live_performance_is_shown_with_its_state(shown):
    """Each figure has its bounds; where there are none, the state alone is shown."""
    found = shown(SEEN)
    bare = shown(
        replace(
            SEEN, live=Live(state="no_audited_passes", n_units=9, joined={}, n_fails=0, n_passes=0)
        )
    )

    assert found[metrics.LIVE, "high", "escape_rate"] == 0.06
    assert found[metrics.LIVE_STATE, "estimated"] == 1
    assert not [key for key in bare if key[0] == metrics.LIVE]
    assert [bare[metrics.LIVE_STATE, state] for state in ("estimated", "no_audited_passes")] == [
        0,
        1,
    ]


def test_champion_is_shown(shown):
    """The champion is named, with what it promised and how often it changed."""
    found = shown(SEEN)

    assert found[metrics.CHAMPION, "a" * 64, "run-7"] == 1
    assert found[metrics.PROMISED, "low"] == 0.65
    assert found[metrics.CHAMPION_CHANGES, "rollback"] == 1


def test_every_metric_of_what_is_seen_is_shown(shown):
    """No metric that rounds fill is named and never told."""
    elsewhere = (
        "MONITOR_REQUESTS",
        "MONITOR_LEADS",
        "RUNS",
        "RUNS_GOING",
        "RETRAIN_FAILURES",
        "RETRAIN_REFUSALS",
        "RETRAINS_ASKED",
    )
    names = [name for name in vars(metrics) if name.isupper()]
    named = names[names.index("MONITOR_REQUESTS") :]
    expected = {getattr(metrics, name) for name in named if name not in elsewhere}

    assert {name for name, *_ in shown(SEEN)} == expected
