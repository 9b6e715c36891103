"""What the windows add up to."""

import json
from dataclasses import replace

import numpy as np
import pytest

from secom_core.drift.watch import RiskMove, judge_drift
from secom_core.errors import EvidenceError, WindowError


def judged(history, *, sensors_read=(0, 1), baseline=0.0):
    """The verdict on windows at a capacity of one in five."""
    return judge_drift(
        history, sensors_read=sensors_read, baseline=baseline, max_inspection_rate=0.2
    )


@pytest.mark.parametrize(("story", "drifts"), [("x", False), (".xx", True), ("xx.", False)])
def test_sensor_drifts_once_it_persists(told, story, drifts):
    """One window is chance, and a sensor that came back is well."""
    assert bool(judged(told(story)).sensors) == drifts


def test_difference_too_small_to_matter_is_no_drift(told):
    """Enough units make any difference significant; a PSI under .1 is nobody's concern."""
    assert judged(told("xx", psi=0.0999)).sensors == ()
    assert len(judged(told("xx", psi=0.1)).sensors) == 1


def test_large_moves_are_told_from_noticeable_ones(told):
    """From a PSI of .25 on, a move is large."""
    (noticeable,) = judged(told("xx", psi=0.2499)).sensors
    (large,) = judged(told("xx", psi=0.25)).sensors

    assert (noticeable.is_large, large.is_large) == (False, True)


def test_sensor_says_how_far_and_since_when(told):
    """What an engineer needs to look for the cause."""
    (sensor,) = judged(told("..x.x", sensors=[3]), sensors_read=(0, 1)).sensors

    assert (sensor.column, sensor.is_read, sensor.since) == (3, False, "2008-10-03")
    assert (sensor.psi, sensor.q_value, sensor.quantile_shift) == (0.3, 1e-4, None)


def test_farthest_moved_come_first(told):
    """Whoever reads only the top reads the worst."""
    windows = told("xx", sensors=[0, 1, 2])
    psi = np.array([0.2, 0.9, 0.4, 0.05])
    windows[-1] = replace(windows[-1], sensors=replace(windows[-1].sensors, psi=psi))

    assert [sensor.column for sensor in judged(windows).sensors] == [1, 2, 0]


@pytest.mark.parametrize(
    ("baseline", "is_beyond"), [(0.49, True), (0.5, False), (0.0, True), (None, False)]
)
def test_share_is_that_of_sensors_read_and_held_against_the_baseline(told, baseline, is_beyond):
    """Of two sensors that the graph reads one drifts; what others do is no alarm."""
    verdict = judged(told("xx", sensors=[0, 2, 3]), baseline=baseline)

    assert verdict.share_drifting == 0.5
    assert verdict.is_beyond_baseline == is_beyond


def test_graph_that_reads_nothing_has_nothing_drifting(told):
    """A bundle of one risk for all is not alarmed by sensors."""
    verdict = judged(told("xx"), sensors_read=())

    assert (verdict.share_drifting, verdict.is_beyond_baseline) == (0.0, False)


def risks(quiet, *p_values, psi=0.2):
    """A window a day, by its p-value of the risks."""
    return [
        replace(quiet, started_at=f"2008-10-{day:02}", risk=RiskMove(p_value=p, psi=psi))
        for day, p in enumerate(p_values, start=1)
    ]


def test_risks_drift_as_sensors_do(quiet):
    """Different beyond chance, again, and far enough; then since when is told."""
    drifting = judged(risks(quiet, 0.5, 0.01, 0.001)).risk

    assert (drifting.is_drifting, drifting.since) == (True, "2008-10-02")
    for harmless in (
        risks(quiet, 0.5, 0.02, 0.001),
        risks(quiet, 0.001, 0.001, 0.5),
        risks(quiet, 0.001, 0.001, psi=0.09),
    ):
        assert (judged(harmless).risk.is_drifting, judged(harmless).risk.since) == (False, None)


@pytest.mark.parametrize(
    ("flagged", "is_over", "is_hopeless"),
    [
        ([40, 40], False, False),
        ([50, 50], False, False),  # 25 %, but that may be chance
        ([54, 54], True, False),  # the interval begins above 20 %
        ([20, 90], False, False),  # once
        ([90, 20, 81], True, True),
        ([90, 80, 80], True, False),  # 40 % is the limit, not beyond it
    ],
)
def test_flagging_is_held_against_capacity(quiet, flagged, is_over, is_hopeless):
    """More than the lab can inspect, beyond chance and again."""
    history = [replace(quiet, n_flagged=n) for n in flagged]

    flagging = judged(history).flagging

    assert (flagging.is_over, flagging.is_hopeless) == (is_over, is_hopeless)
    assert flagging.low < flagging.share == flagged[-1] / 200 < flagging.high


def test_verdict_goes_to_json(told):
    """As it is told to people, dashboards and records."""
    verdict = judged(told("xx", sensors=[0, 3]))

    fields = json.loads(json.dumps(verdict.to_json(), allow_nan=False))

    assert fields["n_windows"] == 2
    assert [sensor["column"] for sensor in fields["sensors"]] == [0, 3]


def test_nothing_is_said_of_no_window():
    """Not enough units yet is no verdict."""
    with pytest.raises(EvidenceError, match="no window yet"):
        judged([])


def test_windows_of_two_bundles_are_not_judged_together(told):
    """A new champion starts afresh: its windows have another reference."""
    with pytest.raises(WindowError, match="2 bundles"):
        judged([*told("x"), *told("x", bundle="b" * 64)])
