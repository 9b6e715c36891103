"""The operating point: how it is set, kept and read back."""

import json

import numpy as np
import pytest

from secom_core.calibration import fit_sigmoid
from secom_core.errors import ConfigError, OneClassError
from secom_core.threshold import OperatingPoint, set_operating_point


@pytest.fixture
def window():
    """Ten units, of which the first and the fifth riskiest fail."""
    return np.arange(10, 0, -1) / 20, np.isin(np.arange(10), [0, 4])


def test_capacity_rule_states_the_rates_that_it_yields(window):
    """Three of ten units are inspected and one of two fails is caught."""
    point = set_operating_point(*window, max_inspection_rate=0.3)

    assert point.rule == "capacity"
    assert point.threshold == pytest.approx(0.375)
    assert (point.inspection_rate, point.capture_rate) == (0.3, 0.5)
    assert (point.n_units, point.n_fails) == (10, 2)


def test_cost_rule_inspects_less_than_capacity_when_fails_are_cheap(window):
    """At two inspections a fail, the second fail is not worth four inspections."""
    point = set_operating_point(*window, max_inspection_rate=0.8, missed_fail_cost=2.0)

    assert point.rule == "cost"
    assert (point.inspection_rate, point.capture_rate) == (0.1, 0.5)


def test_cost_rule_stays_within_capacity_when_fails_are_dear(window):
    """Whatever a missed fail costs, inspection cannot take more than it can."""
    point = set_operating_point(*window, max_inspection_rate=0.3, missed_fail_cost=1000.0)

    assert point.inspection_rate <= 0.3


def test_flagging_begins_at_the_threshold(window):
    """A unit whose risk equals the threshold is flagged."""
    point = set_operating_point(*window, max_inspection_rate=0.3)

    assert point.flags(np.array([point.threshold, np.nextafter(point.threshold, 0)])).tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize("missed_fail_cost", [None, 12.5])
def test_operating_point_survives_json(window, missed_fail_cost):
    """Written as JSON and read again, nothing has changed."""
    point = set_operating_point(*window, max_inspection_rate=0.3, missed_fail_cost=missed_fail_cost)

    assert OperatingPoint.from_json(json.loads(json.dumps(point.to_json()))) == point


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rule": "luck"}, "'luck'"),
        ({"threshold": float("nan")}, "finite"),
        ({"max_inspection_rate": 0.0}, r"\(0, 1\]"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_fields_that_make_no_operating_point_are_refused(window, change, complaint):
    """An unknown field or a value out of range is named."""
    fields = set_operating_point(*window, max_inspection_rate=0.3).to_json() | change

    with pytest.raises(ConfigError, match=complaint):
        OperatingPoint.from_json(fields)


def test_operating_point_without_fails_is_refused(window):
    """Without a fail there is no capture rate to state."""
    risk, is_fail = window

    with pytest.raises(OneClassError, match="got none in 10 units"):
        set_operating_point(risk, np.zeros_like(is_fail), max_inspection_rate=0.3)


def test_rates_are_by_weight_and_units_are_counted():
    """Of ten units the flagged one is a twentieth of the line, and half of its fails."""
    risk, is_fail = np.arange(10) / 10, np.arange(10) >= 8
    weight = np.array([2.0] * 8 + [3.0, 1.0])

    point = set_operating_point(risk, is_fail, max_inspection_rate=0.1, weight=weight)

    assert point.threshold == pytest.approx(0.85)
    assert point.inspection_rate == pytest.approx(0.05)
    assert point.capture_rate == pytest.approx(0.25)
    assert (point.n_units, point.n_fails) == (10, 2)


@pytest.fixture(scope="module")
def line():
    """100,000 units: raw scores, outcomes, and the weights of those that were looked at.

    A former model, which knew more, flagged a fifth; of the others 2 % were audited.
    """
    generator = np.random.default_rng(0)
    raw, hidden = generator.normal(size=(2, 100_000))
    former = raw + hidden
    is_fail = generator.random(raw.size) < 1 / (1 + np.exp(3.6 - former))
    was_flagged = former >= np.quantile(former, 0.8)
    is_seen = was_flagged | (generator.random(raw.size) < 0.02)
    return raw, is_fail, is_seen, np.where(was_flagged, 1.0, 1 / 0.02)


def flagged_by(line, chosen, weight, **rule):
    """Which units of the line are flagged by a point set on those that are chosen."""
    raw, is_fail, *_ = line
    sigmoid = fit_sigmoid(raw[chosen], is_fail[chosen], weight=weight)
    point = set_operating_point(sigmoid.risk(raw[chosen]), is_fail[chosen], weight=weight, **rule)
    return point.flags(sigmoid.risk(raw))


def test_capacity_is_held_by_flagged_and_audited_units_with_weights_alone(line):
    """With weights the line's inspection rate is what was asked for; without, a third of it."""
    _, _, is_seen, weight = line

    weighted, plain = (
        flagged_by(line, is_seen, each, max_inspection_rate=0.2).mean()
        for each in (weight[is_seen], None)
    )

    assert weighted == pytest.approx(0.2, abs=0.02)
    assert plain < 0.12


def test_cost_is_least_by_flagged_and_audited_units_with_weights_alone(line):
    """With weights the line costs hardly more than if all outcomes were known; without, more."""
    _, is_fail, is_seen, weight = line

    def cost(chosen, weight):
        flagged = flagged_by(line, chosen, weight, max_inspection_rate=1.0, missed_fail_cost=12.0)
        return flagged.sum() + 12 * (is_fail & ~flagged).sum()

    least = cost(np.ones_like(is_seen), None)
    assert cost(is_seen, weight[is_seen]) < 1.03 * least
    assert cost(is_seen, None) > 1.2 * least


def test_risks_from_flagged_and_audited_units_are_those_of_the_line(line):
    """With weights mean risk is the line's share of fails; without, that of suspects."""
    raw, is_fail, is_seen, weight = line

    weighted, plain = (
        fit_sigmoid(raw[is_seen], is_fail[is_seen], weight=each).risk(raw).mean()
        for each in (weight[is_seen], None)
    )

    assert weighted == pytest.approx(is_fail.mean(), rel=0.15)
    assert plain > 1.3 * is_fail.mean()
