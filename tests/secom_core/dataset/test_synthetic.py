from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from secom_core.dataset import quality
from secom_core.dataset import twin as make_twin
from secom_core.errors import ConfigError


@pytest.fixture(scope="module")
def full_twin():
    """A twin of UCI's size."""
    return make_twin()


def test_a_twin_has_the_shape_of_secom(full_twin):
    """As many units, sensors and fails, over the same months, and said to be synthetic."""
    assert full_twin.readings.shape == (1567, 590)
    assert full_twin.is_fail.sum() == 104
    assert str(full_twin.measured_at[0]) == "2008-07-19T11:55:00"
    assert str(full_twin.measured_at[-1]) == "2008-10-17T06:07:00"
    assert (np.diff(full_twin.measured_at).astype(int) >= 0).all()
    assert full_twin.is_synthetic
    assert "synthetic" in full_twin.source


def test_a_twin_has_the_difficulties_of_secom(full_twin):
    """Missing readings, constant and duplicate sensors and outliers about as often as at UCI."""
    found = quality(full_twin)

    assert found.overall_missing_share == pytest.approx(0.045, abs=0.003)
    assert sum(share > 0.5 for share in found.missing_share.values()) == 28
    assert len(found.constant) == pytest.approx(116, abs=8)
    assert len(found.duplicate_of) == 17
    assert np.mean(list(found.out_of_family_share.values())) == pytest.approx(0.005, abs=0.002)
    assert not np.isinf(full_twin.readings).any()


def test_a_twin_drifts(full_twin):
    """Sensors are as correlated with time as UCI's: .09 in the middle, .28 for one in ten."""
    ages = np.arange(len(full_twin))
    correlations = [
        abs(np.corrcoef(ages, sensor.argsort().argsort())[0, 1])
        for sensor in full_twin.readings.T
        if np.isnan(sensor).mean() < 0.02 and np.nanstd(sensor) > 0
    ]

    middle, high = np.quantile(correlations, [0.5, 0.9])

    assert middle == pytest.approx(0.12, abs=0.08)
    assert high == pytest.approx(0.28, abs=0.12)


def test_fails_occur_all_along(full_twin):
    """Any tenth of the time line holds a tenth of the fails, give or take one."""
    per_tenth = [part.sum() for part in np.array_split(full_twin.is_fail, 10)]

    assert min(per_tenth) >= 9
    assert max(per_tenth) <= 12


def test_a_seed_makes_one_twin():
    """The same seed gives the same units, another seed others."""
    assert make_twin(200, seed=3).digest == make_twin(200, seed=3).digest
    assert make_twin(200, seed=3).digest != make_twin(200, seed=4).digest


@pytest.mark.parametrize("n_units", [500, 1567])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_past_of_a_twin_foretells_its_future(n_units, seed):
    """Whatever seed and size, a forest ranks later units well enough to pass a gate."""
    units = make_twin(n_units, seed=seed)
    cut = int(0.6 * n_units)
    forest = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        VarianceThreshold(),
        SelectKBest(f_classif, k=40),
        RandomForestClassifier(100, random_state=0),
    )
    forest.fit(units.readings[:cut], units.is_fail[:cut])

    risk = forest.predict_proba(units.readings[cut:])[:, 1]

    assert roc_auc_score(units.is_fail[cut:], risk) > 0.68


def test_a_twin_is_made_in_less_than_a_second():
    """Tests make many."""
    started = time.perf_counter()
    make_twin()

    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(("n_units", "seed"), [(99, 0), (0, 0), (200, -1)])
def test_impossible_twins_are_refused(n_units, seed):
    """The error names what was asked for and what is possible."""
    with pytest.raises(
        ConfigError, match=f"n_units >= 100 and seed >= 0, got {n_units} and {seed}"
    ):
        make_twin(n_units, seed=seed)
