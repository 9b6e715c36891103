"""The second mode: flag by rank among the last units."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secom_core.errors import ConfigError
from secom_core.threshold import flag_top_share


@given(
    risk=st.lists(st.integers(0, 5), max_size=40),
    window=st.integers(1, 12),
    share=st.floats(0, 1),
)
def test_unit_is_flagged_for_its_rank_among_the_last_units(risk, window, share):
    """Counting units one at a time flags the same ones; ties rank low."""
    flagged = flag_top_share(np.array(risk, dtype=float), window=window, share=share)

    for index, own in enumerate(risk):
        among = risk[max(0, index + 1 - window) : index + 1]
        assert flagged[index] == (sum(other >= own for other in among) / len(among) <= share)


@given(
    units=st.lists(st.tuples(st.integers(0, 5), st.floats(0.1, 10)), min_size=1, max_size=40),
    window=st.integers(1, 12),
    share=st.floats(0.01, 0.99),
)
def test_unit_is_flagged_for_its_rank_by_weight(units, window, share):
    """What stands before a unit, itself included, is a share of what the last units stand for."""
    risk, weight = (np.array(each, dtype=float) for each in zip(*units, strict=True))

    flagged = flag_top_share(risk, window=window, share=share, weight=weight)
    doubled = flag_top_share(risk, window=window, share=share, weight=2 * weight)

    assert np.array_equal(flagged, doubled)
    for index, own in enumerate(risk):
        among = slice(max(0, index + 1 - window), index + 1)
        before = weight[among][risk[among] >= own].sum() / weight[among].sum()
        assert flagged[index] == (before <= share) or before == pytest.approx(share)


def test_later_units_change_no_flag():
    """A unit is flagged or not when it is measured, whatever comes after."""
    risk = np.random.default_rng(0).random(500)

    flagged = flag_top_share(risk, window=100, share=0.2)

    assert np.array_equal(flag_top_share(risk[:300], window=100, share=0.2), flagged[:300])


def test_capacity_is_held_when_all_risks_drift_upwards():
    """A threshold would soon flag every unit; ranks go on flagging the share asked for."""
    generator = np.random.default_rng(0)
    risk = generator.random(2000) + np.linspace(0, 2, 2000)

    flagged = flag_top_share(risk, window=100, share=0.2)

    assert flagged[1000:].mean() == pytest.approx(0.2, abs=0.05)
    assert np.mean(risk[1000:] >= np.quantile(risk[:500], 0.8)) > 0.8


def test_window_of_no_units_is_refused():
    """A rank needs at least the unit itself."""
    with pytest.raises(ConfigError, match="got 0"):
        flag_top_share(np.array([0.5]), window=0, share=0.2)
