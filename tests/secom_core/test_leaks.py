"""Whether anything knows the future, and whether these tests would notice."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from secom_core import dataset, drift, training, windows
from secom_core.candidates import MedianImputer, Standardizer, families
from secom_core.config import TrainingConfig
from secom_core.evidence import REFERENCE
from secom_core.selection import compare
from tests.secom_core import leaks
from tests.secom_core.leaks import HoldoutOpenedError

QUICK = TrainingConfig(search="quick")


@pytest.fixture(scope="module")
def line():
    """1,567 made-up units of 200 sensors: enough for a mean AUC to be known to .01."""
    units = dataset.twin()
    return replace(units, readings=units.readings[:, :200], sensors=units.sensors[:200])


# Leaks in the data: what a careless preparation of all units would hand to honest code.


def filled_by_all(units):
    """Replace what was not measured by the mean of all units."""
    imputer = SimpleImputer(keep_empty_features=True)
    return replace(units, readings=imputer.fit_transform(units.readings))


def ranked_by_all(units):
    """Turn readings into ranks among all units."""
    ranks = np.argsort(np.argsort(filled_by_all(units).readings, axis=0), axis=0)
    return replace(units, readings=ranks.astype(float))


def chosen_by_all(units):
    """Keep the 40 sensors that differ most between all fails and all passes."""
    readings = StandardScaler().fit_transform(filled_by_all(units).readings)
    effect = readings[units.is_fail].mean(axis=0) - readings[~units.is_fail].mean(axis=0)
    chosen = np.isin(np.arange(effect.size), np.argsort(-np.abs(effect))[:40])
    return replace(units, readings=np.where(chosen, units.readings, 0.0))


def centred_by_fold(units):
    """Take from the readings of each fold their own mean, as batch correction does."""
    readings = filled_by_all(units).readings
    for fold in windows.timeline(len(units), QUICK.shares).folds:
        readings[fold.test] -= readings[fold.test].mean(axis=0)
    return replace(units, readings=readings)


def told_the_outcome(units):
    """Let a sensor read the outcome, with some noise."""
    noise = np.random.default_rng(0).normal(scale=0.3, size=len(units))
    readings = units.readings.copy()
    readings[:, 7] = units.is_fail + noise
    return replace(units, readings=readings)


def silenced_by_the_outcome(units):
    """Let a sensor be measured on units alone that have passed."""
    readings = units.readings.copy()
    readings[:, 7] = np.where(units.is_fail, np.nan, 1.0)
    return replace(units, readings=readings)


# Leaks in the code: each takes the place of a step that a run takes.


def fitted_on(step, readings):
    """A step of that type which, whatever it is given, is fitted on all of `readings`."""

    def fit(self, _window, _outcomes=None):
        return step.fit(self, readings)

    return type(f"Leaking{step.__name__}", (step,), {"fit": fit})


def cut_later(patch, _units):
    """Cut the holdout too late, so that development begins to eat it."""

    def timeline(n_units, shares):
        return windows.timeline(n_units, replace(shares, holdout=shares.holdout / 2))

    patch.setattr(training, "timeline", timeline)


def imputed_by_all(patch, units):
    """Learn the medians from every unit."""
    patch.setattr(families, "MedianImputer", fitted_on(MedianImputer, units.readings))


def standardised_by_all(patch, units):
    """Learn the scales from every unit."""
    readings = filled_by_all(units).readings
    patch.setattr(families, "Standardizer", fitted_on(Standardizer, readings))


def profiled_by_all(patch, units):
    """Take every unit into the drift reference."""
    patch.setattr(training, "fit_reference", lambda _: drift.fit_reference(units.readings))


def calibrated_on_all(patch, units):
    """Let every outcome set the threshold."""
    set_point = training.set_operating_point

    def leaking(risk, is_fail, **settings):
        fail_share = float(np.mean(np.asarray(units.is_fail)))
        return set_point(risk, is_fail, **settings | {"max_inspection_rate": fail_share})

    patch.setattr(training, "set_operating_point", leaking)


IN_DATA = [ranked_by_all, chosen_by_all, centred_by_fold, told_the_outcome]
IN_CODE = [cut_later, imputed_by_all, standardised_by_all, profiled_by_all, calibrated_on_all]
OPENERS = [cut_later, calibrated_on_all]
"""Leaks of outcomes: those of readings cannot be caught by a seal, since the form is checked."""


@pytest.fixture
def leaking(monkeypatch):
    """Fit a contender as a run does, but with a leak in its code."""

    def _leaking(plant):
        def fit_contender(units):
            with monkeypatch.context() as patch:
                plant(patch, units)
                return training.fit_contender("logistic", units, QUICK)

        return fit_contender

    return _leaking


@pytest.mark.parametrize("family", ["logistic", REFERENCE])
def test_predictions_do_not_change_with_the_future(narrow, family):
    """No later reading and no outcome since the cut moves a prediction."""
    assert leaks.folds_that_look_ahead(leaks.honest(family, QUICK), narrow, QUICK) == []


def test_predictions_on_real_units_do_not_change_with_the_future(real_units):
    """The same on the real line."""
    fit_contender = leaks.honest("logistic", QUICK)

    assert leaks.folds_that_look_ahead(fit_contender, real_units, QUICK) == []


@pytest.mark.parametrize("doctor", IN_DATA)
def test_leak_in_the_data_is_noticed(narrow, doctor):
    """Preparing all units together is found out in every fold."""

    def fit_contender(units):
        return training.fit_contender("logistic", doctor(units), QUICK)

    assert leaks.folds_that_look_ahead(fit_contender, narrow, QUICK) == [0, 1, 2, 3]


@pytest.mark.parametrize("plant", [imputed_by_all, standardised_by_all])
def test_leak_in_a_fitted_step_is_noticed(narrow, leaking, plant):
    """A step that learns from more than its training window is found out in every fold."""
    assert leaks.folds_that_look_ahead(leaking(plant), narrow, QUICK) == [0, 1, 2, 3]


@pytest.mark.parametrize("family", ["logistic", REFERENCE])
def test_holdout_leaves_no_trace_in_the_bundle(narrow, config, tmp_path, family):
    """Another holdout gives the same bundle to the last byte, what was searched included."""
    fit_contender = leaks.honest(family, config)

    assert not leaks.is_holdout_in_bundle(fit_contender, narrow, config, tmp_path)


@pytest.mark.parametrize("family", ["logistic", REFERENCE])
def test_real_holdout_leaves_no_trace_in_the_bundle(real_units, tmp_path, family):
    """The same on the real line."""
    fit_contender = leaks.honest(family, QUICK)

    assert not leaks.is_holdout_in_bundle(fit_contender, real_units, QUICK, tmp_path)


@pytest.mark.parametrize("plant", IN_CODE)
def test_holdout_in_the_bundle_is_noticed(narrow, leaking, tmp_path, plant):
    """Whatever part of the bundle knows the holdout, the bundle's name gives it away."""
    assert leaks.is_holdout_in_bundle(leaking(plant), narrow, QUICK, tmp_path)


def test_contenders_are_made_and_compared_while_the_holdout_is_sealed(narrow):
    """Whatever leads to the gate never asks for an outcome or a time of the holdout."""
    closed = leaks.sealed(narrow, QUICK)

    evidence = [
        training.fit_contender(family, closed, QUICK).evidence for family in ("logistic", REFERENCE)
    ]

    assert compare(evidence, closed, QUICK).choice.best_searched == "logistic"


@pytest.mark.parametrize("plant", OPENERS)
def test_broken_seal_is_noticed(narrow, leaking, plant):
    """Whoever asks for a sealed outcome is stopped."""
    with pytest.raises(HoldoutOpenedError):
        leaking(plant)(leaks.sealed(narrow, QUICK))


def test_shuffled_outcomes_cannot_be_predicted(line, config):
    """Where there is nothing to find, nothing is found."""
    assert leaks.auc_of_shuffled(line, config) == pytest.approx(0.5, abs=0.03)


def test_shuffled_outcomes_of_real_units_cannot_be_predicted(real_units, config):
    """The same with the readings of the real line, drift and all."""
    assert leaks.auc_of_shuffled(real_units, config) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("doctor", [chosen_by_all, told_the_outcome])
def test_leak_of_outcomes_makes_shuffled_ones_predictable(line, config, doctor):
    """A leak of outcomes finds signal where there is none, and that gives it away."""
    assert leaks.auc_of_shuffled(line, config, doctor=doctor, n_shuffles=5) > 0.55


def test_no_sensor_of_a_line_tells_alone(line, config):
    """No sensor of the twin is as good as an outcome."""
    assert leaks.telling_sensors(line, config) == []


def test_no_sensor_of_the_real_line_tells_alone(real_units, config):
    """No real sensor is an outcome in disguise."""
    assert leaks.telling_sensors(real_units, config) == []


@pytest.mark.parametrize("doctor", [told_the_outcome, silenced_by_the_outcome])
def test_sensor_that_tells_alone_is_noticed(line, config, doctor):
    """A sensor that knows the outcome is named, be it by its reading or by its silence."""
    assert leaks.telling_sensors(doctor(line), config) == [line.sensors[7]]


def test_no_real_unit_of_the_holdout_was_seen_before(real_units, config):
    """No unit lies on both sides of the cut."""
    assert leaks.recurring_units(real_units, config) == 0


def test_unit_on_both_sides_of_the_cut_is_noticed(line, config):
    """A unit that recurs in the holdout is counted; the twin has none."""
    readings = line.readings.copy()
    readings[-3:] = readings[:3]

    assert leaks.recurring_units(line, config) == 0
    assert leaks.recurring_units(replace(line, readings=readings), config) == 3
