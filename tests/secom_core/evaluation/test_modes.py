"""Threshold or top share: which holds capacity on later units."""

from dataclasses import replace

import numpy as np
import pytest

from secom_core.errors import EmptyWindowError, OneClassError
from secom_core.evaluation import LaterWindow, compare_modes
from secom_core.threshold import threshold_for


@pytest.fixture
def drifting():
    """Three windows of 200 units; from one to the next the risks of all units rise."""
    generator = np.random.default_rng(0)
    risk = 0.6 * generator.random(800) + np.linspace(0, 0.4, 800)
    is_fail = risk + generator.normal(0, 0.2, 800) > 0.95
    return [
        LaterWindow(
            earlier_risk=risk[start - 150 : start],
            risk=risk[start : start + 200],
            is_fail=is_fail[start : start + 200],
        )
        for start in (200, 400, 600)
    ]


def test_top_share_holds_capacity_where_a_threshold_does_not(drifting):
    """As all risks rise, a threshold flags ever more units; ranks stay nearer to capacity."""
    found = compare_modes(drifting, max_inspection_rate=0.2, seed=0)

    assert all(rate.low > 0.2 for rate in found["threshold"].inspection_rates)
    assert found["top share"].distance.high < found["threshold"].distance.value


def test_modes_hold_capacity_by_weight(drifting):
    """Where the riskier half stands for little, both flag more of it to inspect as much."""
    (window, *_) = drifting
    every = np.concatenate([window.earlier_risk, window.risk])
    weight = np.where(every > np.median(every), 1.0, 4.0)

    found = compare_modes([replace(window, weight=weight)], max_inspection_rate=0.2, seed=0)
    alike = compare_modes([replace(window, weight=0 * weight + 3)], max_inspection_rate=0.2, seed=0)
    plain = compare_modes([window], max_inspection_rate=0.2, seed=0)

    flags = window.risk >= threshold_for(window.earlier_risk, 0.2, weight=weight[:150])
    (rate,) = found["threshold"].inspection_rates
    assert rate.value == pytest.approx(np.average(flags, weights=weight[150:]))
    assert found["top share"].distance.value < 0.15
    assert found["top share"] != plain["top share"]
    assert alike == plain


def test_modes_hold_capacity_alike_on_a_steady_line(drifting):
    """Where nothing drifts, both flag about what capacity allows."""
    generator = np.random.default_rng(1)
    steady = [
        LaterWindow(
            earlier_risk=generator.random(500),
            risk=generator.random(500),
            is_fail=generator.random(500) < 0.1,
        )
        for _ in drifting
    ]

    for figures in compare_modes(steady, max_inspection_rate=0.2, seed=0).values():
        assert figures.distance.value < 0.03


def test_rates_are_those_of_the_flags(drifting):
    """Counting flags by hand gives the same rates, window for window."""
    found = compare_modes(drifting, max_inspection_rate=0.2, seed=0, n_resamples=200)["threshold"]

    for window, inspected, caught in zip(
        drifting, found.inspection_rates, found.capture_rates, strict=True
    ):
        flagged = window.risk >= np.mean(np.sort(window.earlier_risk)[-31:-29])
        assert inspected.value == pytest.approx(flagged.mean())
        assert caught.value == pytest.approx(flagged[window.is_fail].mean())
        assert inspected.low <= inspected.value <= inspected.high


def test_later_units_are_ranked_among_those_before_them(drifting):
    """The first later unit is ranked among the earlier ones, the last among later ones only."""
    found = compare_modes(drifting, max_inspection_rate=0.2, seed=0, n_resamples=200)["top share"]

    for window, inspected in zip(drifting, found.inspection_rates, strict=True):
        in_order = np.concatenate([window.earlier_risk, window.risk])
        ranks = [np.sum(in_order[now - 149 : now + 1] >= in_order[now]) for now in range(150, 350)]
        assert inspected.value == pytest.approx(np.mean(np.array(ranks) <= 30))


def test_distance_is_the_mean_over_windows(drifting):
    """Too many in one window and too few in another do not cancel."""
    found = compare_modes(drifting, max_inspection_rate=0.2, seed=0, n_resamples=200)["top share"]

    assert found.distance.value == pytest.approx(
        np.mean([abs(rate.value - 0.2) for rate in found.inspection_rates])
    )


def test_no_window_compares_nothing():
    """Without later units there is nothing to say."""
    with pytest.raises(EmptyWindowError, match="got none"):
        compare_modes([], max_inspection_rate=0.2, seed=0)


def test_window_without_fails_has_no_capture_rate(drifting):
    """What is missing is named."""
    lucky = LaterWindow(
        earlier_risk=drifting[0].earlier_risk,
        risk=drifting[0].risk,
        is_fail=np.zeros(200, dtype=bool),
    )

    with pytest.raises(OneClassError, match="got 200 and 0"):
        compare_modes([lucky], max_inspection_rate=0.2, seed=0)
