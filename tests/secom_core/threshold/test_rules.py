"""Thresholds from capacity and from cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from secom_core.errors import ConfigError, EmptyWindowError, EvidenceError
from secom_core.threshold import n_inspectable, threshold_for, threshold_for_cost

tied_risks = arrays(
    float, st.integers(1, 40), elements=st.integers(0, 10).map(lambda tenth: tenth / 10)
)
any_risks = arrays(float, st.integers(1, 40), elements=st.floats(0, 1))
risks = tied_risks | any_risks
capacities = st.floats(0, 1) | st.sampled_from([0.05, 0.1, 0.2, 0.29, 0.3, 0.57, 0.7])


@given(risk=risks, capacity=capacities)
def test_flagged_units_fit_inspection_capacity(risk, capacity):
    """Ties at the threshold never flag more units than inspection can take."""
    threshold = threshold_for(risk, capacity)

    assert np.mean(risk >= threshold) <= capacity


@given(risk=risks, capacity=capacities)
def test_capacity_is_used_as_far_as_ties_allow(risk, capacity):
    """Flagging the next risk below as well would exceed capacity."""
    unflagged = risk[risk < threshold_for(risk, capacity)]

    assert unflagged.size == 0 or np.mean(risk >= unflagged.max()) > capacity


@given(risk=arrays(float, st.integers(1, 40), elements=st.floats(1e-6, 0.999)), capacity=capacities)
def test_rounding_of_a_risk_flips_no_decision(risk, capacity):
    """Risks that differ by one unit in the last place are decided as before, ties apart."""
    levels = np.unique(risk)
    if np.any(np.diff(levels) < 1e-12):
        return
    threshold = threshold_for(risk, capacity)

    for towards in (0.0, 1.0):
        assert np.array_equal(np.nextafter(risk, towards) >= threshold, risk >= threshold)


@st.composite
def weighed(draw):
    """Risks, and what each weighs."""
    risk = draw(risks)
    weights = st.floats(0.01, 100) | st.integers(1, 3).map(float)
    return risk, draw(arrays(float, risk.size, elements=weights))


@given(units=weighed(), capacity=capacities)
def test_weighted_units_fit_inspection_capacity(units, capacity):
    """What flagged units stand for never exceeds capacity, and one risk more would."""
    risk, weight = units
    threshold = threshold_for(risk, capacity, weight=weight)
    unflagged = risk[risk < threshold]

    assert np.average(risk >= threshold, weights=weight) <= capacity + 1e-12
    if unflagged.size:
        assert np.average(risk >= unflagged.max(), weights=weight) > capacity - 1e-12


@given(units=weighed(), capacity=capacities)
def test_only_ratios_of_weights_set_the_threshold(units, capacity):
    """Doubling all weights changes no threshold, and equal ones are as good as none."""
    risk, weight = units
    is_fail = np.arange(risk.size) % 3 == 0

    def both(weight):
        return (
            threshold_for(risk, capacity, weight=weight),
            threshold_for_cost(
                risk, is_fail, missed_fail_cost=3.0, max_inspection_rate=capacity, weight=weight
            ),
        )

    assert both(weight) == both(2 * weight)
    assert both(np.full(risk.size, 4.0)) == both(None)


@given(risk=risks, capacity=capacities, data=st.data())
def test_a_weight_is_as_many_units(risk, capacity, data):
    """The threshold on weighted units is that on units which really repeat, by either rule."""
    copies = data.draw(arrays(int, risk.size, elements=st.integers(1, 3)))
    is_fail = data.draw(arrays(bool, risk.size))
    costs = {"missed_fail_cost": 3.0, "max_inspection_rate": capacity}

    weighted = threshold_for(risk, capacity, weight=1.0 * copies)
    cheapest = threshold_for_cost(risk, is_fail, weight=1.0 * copies, **costs)

    repeated = np.repeat(risk, copies)
    assert weighted == threshold_for(repeated, capacity)
    assert cheapest == threshold_for_cost(repeated, np.repeat(is_fail, copies), **costs)


def test_another_number_of_weights_is_refused():
    """Weights are not spread over units by guessing."""
    with pytest.raises(EvidenceError, match=r"one weight per unit \(2\), got \(3,\)"):
        threshold_for(np.array([0.5, 0.6]), 0.2, weight=np.ones(3))


def test_threshold_lies_midway_between_the_last_flagged_and_the_next():
    """Two of ten units at 20 %: halfway between the second and the third."""
    risk = np.arange(10) / 10

    assert threshold_for(risk, 0.2) == pytest.approx(0.75)


def test_equal_risks_flag_nobody_rather_than_everybody():
    """A risk that all units share exceeds any capacity below 1."""
    assert np.sum(np.full(10, 1.0) >= threshold_for(np.full(10, 1.0), 0.99)) == 0


def test_full_capacity_flags_everybody():
    """Who can inspect all units inspects all, even those of risk 0."""
    assert threshold_for(np.array([0.0, 0.5]), 1.0) == 0.0


@pytest.mark.parametrize(("n_units", "capacity", "expected"), [(100, 0.29, 29), (10, 0.3, 3)])
def test_capacity_is_not_lost_to_floating_point(n_units, capacity, expected):
    """29 of 100 units are within .29, though .29 x 100 is less than 29 in floating point."""
    assert n_inspectable(n_units, capacity) == expected


@given(
    risk=risks,
    outcomes=st.integers(0, 2**40),
    missed=st.floats(0.1, 100),
    capacity=capacities,
)
def test_no_threshold_is_cheaper_on_the_units_that_set_it(risk, outcomes, missed, capacity):
    """The cost rule costs no more than any threshold between risks that fits capacity."""
    is_fail = np.array([outcomes >> bit & 1 for bit in range(risk.size)], dtype=bool)

    def cost(threshold):
        flagged = risk >= threshold
        return flagged.sum() + missed * np.sum(is_fail & ~flagged)

    chosen = threshold_for_cost(
        risk, is_fail, missed_fail_cost=missed, max_inspection_rate=capacity
    )

    affordable = [t for t in [*np.unique(risk), 2.0] if np.mean(risk >= t) <= capacity]
    assert np.mean(risk >= chosen) <= capacity
    assert cost(chosen) == pytest.approx(min(map(cost, affordable)))


def test_equally_cheap_thresholds_inspect_least():
    """A fail that costs what finding it costs is not searched for."""
    risk, is_fail = np.array([0.9, 0.1]), np.array([True, False])

    assert threshold_for_cost(risk, is_fail, missed_fail_cost=1.0) > 0.9


def test_threshold_without_units_is_refused():
    """There is nothing to set a threshold on."""
    with pytest.raises(EmptyWindowError):
        threshold_for(np.array([]), 0.2)


@pytest.mark.parametrize("risk", [1.5, -0.1, np.nan])
def test_numbers_that_are_no_risks_are_refused(risk):
    """A raw score where a risk was expected is named, not thresholded."""
    with pytest.raises(EvidenceError, match=r"in \[0, 1\], got"):
        threshold_for(np.array([0.5, risk]), 0.2)


@pytest.mark.parametrize("capacity", [-0.1, 1.1, np.nan])
def test_impossible_capacity_is_refused(capacity):
    """Inspection takes between none and all of the units."""
    with pytest.raises(ConfigError, match="inspection capacity"):
        threshold_for(np.array([0.5]), capacity)


@pytest.mark.parametrize(("missed", "inspection"), [(0, 1), (1, 0), (-1, 1), (np.nan, 1)])
def test_cost_that_is_none_is_refused(missed, inspection):
    """A missed fail and an inspection both cost something."""
    with pytest.raises(ConfigError, match="costs must be above 0"):
        threshold_for_cost(
            np.array([0.5]),
            np.array([True]),
            missed_fail_cost=missed,
            inspection_cost=inspection,
        )
