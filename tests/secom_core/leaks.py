"""Ways of knowing the future, and ways of finding out that somebody does."""

from dataclasses import replace

import numpy as np
from sklearn.impute import SimpleImputer

from secom_core import bundle, candidates, training
from secom_core.evaluation import auc_score
from secom_core.windows import timeline


class HoldoutOpenedError(AssertionError):
    """Somebody looked at what only the gate may see."""


class Sealed:
    """Values in time order, of which only the first may be looked at, and only as a window."""

    def __init__(self, values, *, n_open):
        self._values, self._n_open = values, n_open

    def __getitem__(self, window):
        is_open = isinstance(window, slice) and window.stop is not None
        if not is_open or not 0 <= window.stop <= self._n_open:
            raise HoldoutOpenedError(window)
        return self._values[window]

    def __array__(self, *_args, **_kwargs):
        raise HoldoutOpenedError


def sealed(units, config):
    """Seal outcomes and times of the holdout; its readings stay open for the check of the form."""
    cut = timeline(len(units), config.shares).cut
    return replace(
        units,
        is_fail=Sealed(units.is_fail, n_open=cut),
        measured_at=Sealed(units.measured_at, n_open=cut),
    )


def spoiled(units, *, labels_from, readings_from):
    """Turn outcomes round, and shuffle, stretch and lose readings, from some unit on."""
    rng = np.random.default_rng(0)
    is_fail, readings, measured_at = (
        array.copy() for array in (units.is_fail, units.readings, units.measured_at)
    )
    is_fail[labels_from:] ^= True
    later = rng.permutation(readings[readings_from:])
    later[rng.random(later.shape) < 0.2] = np.nan
    readings[readings_from:] = later * rng.normal(1, 2, size=later.shape[1])
    measured_at[readings_from:] += np.timedelta64(90, "D")
    return replace(units, readings=readings, is_fail=is_fail, measured_at=measured_at)


def folds_that_look_ahead(fit_contender, units, config):
    """Folds whose predictions change with what came after the cut or after the unit itself.

    In each fold the outcomes are spoiled from its cut on, the readings from its middle on: the
    raw scores of its first half must stay as they are.
    """
    cuts = timeline(len(units), config.shares)
    honest = _raw_scores(fit_contender(units))
    found = []
    for number, fold in enumerate(cuts.folds):
        middle = (fold.test.start + fold.test.stop) // 2
        later = spoiled(units, labels_from=fold.test.start, readings_from=middle)
        first_half = slice(fold.test.start - cuts.compared.start, middle - cuts.compared.start)
        before, after = honest[first_half], _raw_scores(fit_contender(later))[first_half]
        if not np.allclose(before, after, rtol=0, atol=1e-7 * np.std(honest)):
            found.append(number)
    return found


def _raw_scores(contender):
    """Undo the sigmoid, which is fitted on the last fold and so may differ."""
    risk, sigmoid = contender.evidence.risk, contender.evidence.sigmoid
    return (np.log(risk) - np.log1p(-risk) - sigmoid.intercept) / sigmoid.slope


def is_holdout_in_bundle(fit_contender, units, config, folder):
    """Whether another holdout gives another bundle."""
    cut = timeline(len(units), config.shares).cut
    other = spoiled(units, labels_from=cut, readings_from=cut)
    names = [
        bundle.write(fit_contender(each).parts, folder / str(number))
        for number, each in enumerate((units, other))
    ]
    return names[0] != names[1]


def auc_of_shuffled(units, config, *, doctor=lambda units: units, n_shuffles=20):
    """Mean AUC of one fixed procedure where outcomes are dealt out at random: .5 if honest."""
    rng = np.random.default_rng(0)
    params = {"selection": "f", "n_sensors": 20, "C": 0.001}
    cuts = timeline(len(units), config.shares)
    aucs = []
    for _ in range(n_shuffles):
        dealt = doctor(replace(units, is_fail=rng.permutation(units.is_fail)))
        raw = [
            candidates.raw_score(
                candidates.fit_params(
                    "logistic", params, dealt.window(fold.train), seed=0
                ).pipeline,
                dealt.readings[fold.test],
            )
            for fold in cuts.folds
        ]
        aucs.append(auc_score(dealt.is_fail[cuts.compared], np.concatenate(raw)))
    return float(np.mean(aucs))


def telling_sensors(units, config, *, too_good=0.9):
    """Sensors that alone tell later fails from passes better than any honest sensor of a line.

    Either by their reading or by not having been measured, which may itself be an outcome.
    """
    cuts = timeline(len(units), config.shares)
    compared = units.window(cuts.compared)
    imputed = SimpleImputer(strategy="median", keep_empty_features=True)
    readings = imputed.fit(units.readings[: cuts.compared.start]).transform(compared.readings)
    found = []
    for column, sensor in enumerate(units.sensors):
        for evidence in (readings[:, column], np.isnan(compared.readings[:, column])):
            auc = auc_score(compared.is_fail, evidence.astype(float))
            if max(auc, 1 - auc) > too_good and sensor not in found:
                found.append(sensor)
    return found


def recurring_units(units, config):
    """How many units of the holdout have been seen in development, reading for reading."""
    cut = timeline(len(units), config.shares).cut
    seen = {unit.tobytes() for unit in units.readings[:cut]}
    return sum(unit.tobytes() in seen for unit in units.readings[cut:])


def honest(family, config):
    """Return what a run does."""
    return lambda units: training.fit_contender(family, units, config)
