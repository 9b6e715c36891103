"""Every family as a run fits it, on the twin and on the real units."""

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from secom_core import candidates, evidence
from secom_core.calibration import fit_sigmoid
from secom_core.export import require_same_answers, to_onnx
from secom_core.threshold import threshold_for
from secom_core.windows import Shares, timeline

FAMILIES = (*evidence.FAMILIES, evidence.REFERENCE)
EXACT = 1e-14


def kinds_of(family):
    """One combination of each kind of selection that a family tries, the last of its kind."""
    return {params["selection"]: params for params in candidates.search_space(family)}


EVERY_KIND = [
    pytest.param(family, params, id=f"{family}-{kind}")
    for family in FAMILIES
    for kind, params in kinds_of(family).items()
]


def largest_difference(units, family, params):
    """Fit, calibrate and set a threshold as a run does; compare on every unit there is."""
    windows = timeline(len(units), Shares())
    fit, calibration = units.window(windows.fit), units.window(windows.calibration)
    pipeline = candidates.build(family, params, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pipeline.fit(fit.readings, fit.is_fail)
    raw = candidates.raw_score(pipeline, calibration.readings)
    sigmoid = fit_sigmoid(raw, calibration.is_fail)
    threshold = threshold_for(sigmoid.risk(raw), 0.2)
    model = to_onnx(pipeline, sigmoid, units.sensors)
    return require_same_answers(model, pipeline, sigmoid, units.readings, threshold=threshold)


@pytest.mark.parametrize(("family", "params"), EVERY_KIND)
def test_every_family_answers_alike_on_the_twin(twin, family, params):
    """No decision differs, and no risk by more than rounding."""
    assert largest_difference(twin, family, params) <= EXACT


@pytest.mark.parametrize(("family", "params"), EVERY_KIND)
def test_every_family_answers_alike_on_the_real_units(real_units, family, params):
    """No decision differs on any of the 1,567, and no risk by more than rounding."""
    assert largest_difference(real_units, family, params) <= EXACT
