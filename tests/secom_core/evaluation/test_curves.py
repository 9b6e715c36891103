"""ROC, capture and cost curves."""

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from secom_core.errors import ConfigError
from secom_core.evaluation import auc_score, capture_rate_at, cost_curve, curves


@pytest.fixture(scope="module")
def traced(window):
    """Both curves of the window, with their bands."""
    return curves(*window, seed=0, n_resamples=300)


def test_roc_passes_through_scikit_learns_points(window, traced):
    """Between its points the curve is straight, as scikit-learn's is drawn."""
    overkill, capture, _ = roc_curve(*window, drop_intermediate=False)

    assert traced.roc.value == pytest.approx(np.interp(traced.roc.at, overkill, capture))


def test_area_under_the_drawn_roc_is_the_auc(window, traced):
    """The picture and the figure agree."""
    assert np.trapezoid(traced.roc.value, traced.roc.at) == pytest.approx(
        auc_score(*window), abs=0.005
    )


def test_capture_curve_states_the_capture_rates(window, traced):
    """At 5, 10 and 20 % inspection, the curve has the value of the figure."""
    for rate in (0.05, 0.10, 0.20):
        at = np.flatnonzero(np.isclose(traced.capture.at, rate))
        assert traced.capture.value[at] == pytest.approx([capture_rate_at(*window, rate)])


def test_bands_enclose_their_curves(traced):
    """A band lies around its curve and closes where everything is flagged."""
    for curve in (traced.roc, traced.capture):
        assert np.all(curve.low <= curve.value + 1e-12)
        assert np.all(curve.value <= curve.high + 1e-12)
        assert (curve.low[-1], curve.high[-1]) == (1.0, 1.0)


def test_cost_is_inspection_plus_escapes(traced):
    """Without inspection all fails escape; with full inspection only inspections cost."""
    cost = cost_curve(traced.capture, fail_share=0.07, missed_fail_cost=20.0, inspection_cost=2.0)

    assert cost.value[0] == pytest.approx(0.07 * 20)
    assert cost.value[-1] == pytest.approx(2.0)
    assert np.all((cost.low <= cost.value + 1e-12) & (cost.value <= cost.high + 1e-12))


def test_cost_curve_for_free_is_refused(traced):
    """A missed fail costs something."""
    with pytest.raises(ConfigError, match="missed_fail_cost=0"):
        cost_curve(traced.capture, fail_share=0.07, missed_fail_cost=0)
