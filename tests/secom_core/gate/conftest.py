"""A line of units, and models that were really fitted on it."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from secom_core.calibration import fit_sigmoid
from secom_core.contract import Contract
from secom_core.dataset import twin as make_twin
from secom_core.gate import Contender, Holdout, Trial, judge
from secom_core.threshold import threshold_for
from secom_core.windows import Shares, timeline


class Entry(NamedTuple):
    """A contender with what it shows beside its risks."""

    contender: Contender
    trial: Trial

    def with_(self, **changes):
        """Change the contender."""
        return self._replace(contender=replace(self.contender, **changes))

    def tried(self, **changes):
        """Change the trial."""
        return self._replace(trial=replace(self.trial, **changes))


@pytest.fixture(scope="session")
def line():
    """1,567 units of the twin, taken for real ones."""
    return make_twin(n_units=1567, seed=0)


@pytest.fixture(scope="session")
def cuts(line):
    """The usual time line: 313 units in the holdout."""
    return timeline(len(line), Shares())


@pytest.fixture(scope="session")
def holdout(line, cuts):
    """The last fifth of the line."""
    later = line.window(cuts.holdout)
    return Holdout(digest="holdout", is_fail=later.is_fail, measured_at=later.measured_at)


@pytest.fixture(scope="session")
def enter(line, cuts):
    """Fit a logistic regression on the line's strongest sensors, calibrate it, set a threshold."""

    def _enter(digest, *, n_sensors, outcomes=line.is_fail):
        def fitted(train):
            return make_pipeline(
                SimpleImputer(keep_empty_features=True),
                VarianceThreshold(),
                StandardScaler(),
                SelectKBest(k=n_sensors),
                LogisticRegression(max_iter=1000),
            ).fit(line.readings[train], outcomes[train])

        def raw(model, window):
            return model.decision_function(line.readings[window])

        model = fitted(cuts.fit)
        sigmoid = fit_sigmoid(raw(model, cuts.calibration), outcomes[cuts.calibration])
        threshold = threshold_for(sigmoid.risk(raw(model, cuts.calibration)), 0.2)
        risk = sigmoid.risk(raw(model, cuts.holdout))
        folds = [sigmoid.risk(raw(fitted(fold.train), fold.test)) for fold in cuts.folds]
        contender = Contender(
            digest=digest,
            contract=Contract(),
            is_synthetic=False,
            seen_until=line.measured_at[cuts.cut - 1],
            risk=risk,
        )
        trial = Trial(
            development_is_fail=line.is_fail[cuts.compared],
            development_risk=np.concatenate(folds),
            is_flagged=risk >= threshold,
            max_inspection_rate=0.2,
        )
        return Entry(contender, trial)

    return _enter


@pytest.fixture(scope="session")
def sharp(enter):
    """A model of few sensors, most of which carry the line's signal."""
    return enter("sharp", n_sensors=5)


@pytest.fixture(scope="session")
def broad(enter):
    """A model that found the signal too, and much noise with it."""
    return enter("broad", n_sensors=20)


@pytest.fixture(scope="session")
def blind(enter, line):
    """A model fitted on outcomes that were dealt out at random."""
    shuffled = np.random.default_rng(4).permutation(line.is_fail)
    return enter("blind", n_sensors=20, outcomes=shuffled)


@pytest.fixture
def judged(holdout):
    """Judge an entry, against a champion or none, on the line's holdout or another."""

    def _judged(entry, champion=None, *, ledger=(), on=holdout):
        return judge(
            entry.contender, champion, trial=entry.trial, holdout=on, ledger=ledger, seed=0
        )

    return _judged
