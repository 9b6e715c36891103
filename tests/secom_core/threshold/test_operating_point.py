"""The operating point: how it is set, kept and read back."""

import json

import numpy as np
import pytest

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
