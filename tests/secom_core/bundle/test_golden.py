from dataclasses import replace

import numpy as np
import pytest

from secom_core import training
from secom_core.errors import BundleError


def test_golden_requests_are_answered_as_in_training(bundles, family):
    """They pass where nothing has changed, and hold units on both sides of the threshold."""
    bundles[family].check_golden()

    flagged = bundles[family].golden.flagged
    assert flagged.size == training.N_GOLDEN
    assert flagged.any()
    assert not flagged.all()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"risk": lambda golden: golden.risk + 2e-9}, "risk differs by 2e-09, more than 1e-09"),
        ({"risk": lambda golden: golden.risk * np.nan}, "risk differs by nan"),
        ({"flagged": lambda golden: ~golden.flagged}, "decided otherwise than in training"),
    ],
    ids=["another risk", "no risk", "another decision"],
)
def test_machine_that_answers_otherwise_must_not_serve(bundles, wrong, complaint):
    """A golden request that gets another answer is an error, not a shrug."""
    judged = bundles["logistic"]
    golden = replace(judged.golden, **{name: of(judged.golden) for name, of in wrong.items()})

    with pytest.raises(BundleError, match=f"{complaint}.* Do not serve it"):
        replace(judged, golden=golden).check_golden()


def test_golden_risk_may_differ_by_another_processors_rounding(bundles):
    """What lies below the tolerance is the same answer."""
    judged = bundles["logistic"]

    replace(judged, golden=replace(judged.golden, risk=judged.golden.risk + 5e-10)).check_golden()
