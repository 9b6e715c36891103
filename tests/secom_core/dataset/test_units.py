from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from secom_core.errors import DataError


def test_a_window_is_a_view(twin):
    """Cutting units by time copies nothing and keeps where they came from."""
    window = twin.window(slice(10, 30))

    assert len(window) == 20
    assert np.shares_memory(window.readings, twin.readings)
    assert window.measured_at[0] == twin.measured_at[10]
    assert (window.source, window.is_synthetic) == (twin.source, True)


def test_the_earliest_share_is_what_was_known_back_then(twin):
    """A share of the units, rounded, from the first on; all of them where it is 1."""
    known = twin.earliest(0.4)

    assert len(known) == 200
    assert known.digest == twin.window(slice(0, 200)).digest
    assert twin.earliest(1).digest == twin.digest


def test_the_digest_is_of_the_content_alone(twin):
    """Where units came from, -0, memory order and the pattern of a NaN make no difference."""
    other = np.where(np.isnan(twin.readings), -np.nan, twin.readings)
    other = np.asfortranarray(np.where(other == 0, -0.0, other))

    assert replace(twin, readings=other, source="elsewhere").digest == twin.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda units: {"readings": units.readings + 1e-12},
        lambda units: {"is_fail": ~units.is_fail},
        lambda units: {"measured_at": units.measured_at + np.timedelta64(1, "s")},
        lambda units: {"is_synthetic": not units.is_synthetic},
        lambda units: {"sensors": units.sensors[::-1]},
        lambda units: {"weight": units.weights},
    ],
    ids=["readings", "fails", "times", "real", "names", "weights"],
)
def test_the_digest_changes_with_the_content(twin, change):
    """Any change of what is trained on is a change of digest."""
    assert replace(twin, **change(twin)).digest != twin.digest


def test_the_digest_of_units_without_weights_is_what_it_always_was(twin):
    """Bundles and ledgers name data by it, so that it may never change."""
    assert twin.digest.startswith("2f52be1d735785a6")


def test_each_weight_is_part_of_the_digest(twin):
    """Other weights are other data, since another bundle comes of them."""
    one, other = (replace(twin, weight=np.full(len(twin), weight)) for weight in (1.0, 2.0))

    assert one.digest != other.digest


def test_weights_go_with_their_units(twin):
    """A window or a choice of units has its own weights, or none where there are none."""
    weighted = replace(twin, weight=np.arange(500) + 1.0)

    assert weighted.window(slice(10, 13)).weight.tolist() == [11, 12, 13]
    assert weighted.take(np.array([0, 7])).weight.tolist() == [1, 8]
    assert twin.window(slice(10, 13)).weight is None
    assert twin.window(slice(10, 13)).weights.tolist() == [1, 1, 1]


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_refused(twin, wrong):
    """The message says which unit has it, and what a weight is."""
    weight = np.ones(500)
    weight[3] = wrong

    with pytest.raises(DataError, match=rf"got {wrong} for unit 3 .* 1 / the probability"):
        replace(twin, weight=weight)


def test_another_number_of_weights_is_refused(twin):
    """Weights are not spread over units by guessing."""
    with pytest.raises(DataError, match=r"a weight for each of the 500 units, got \(499,\)"):
        replace(twin, weight=np.ones(499))


def test_units_that_weigh_alike_stand_for_themselves(twin):
    """Without weights, or with equal ones, each unit is its own stand-in."""
    alike = replace(twin, weight=np.full(500, 0.1))

    assert twin.stand_ins.tolist() == alike.stand_ins.tolist() == list(range(500))


@given(weight=npst.arrays(float, st.integers(1, 50), elements=st.floats(0.01, 100)))
def test_units_are_stood_in_for_by_weight(twin, weight):
    """Each comes as often as its share of all weight says, give or take one, in time order."""
    few = replace(twin.window(slice(0, weight.size)), weight=weight)

    stand_ins = few.stand_ins

    expected = weight.size * weight / weight.sum()
    assert stand_ins.size == weight.size
    assert np.all(np.diff(stand_ins) >= 0)
    assert np.all(np.abs(np.bincount(stand_ins, minlength=weight.size) - expected) < 1 + 1e-9)
