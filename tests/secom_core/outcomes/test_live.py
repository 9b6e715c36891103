from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from secom_core.errors import EvidenceError
from secom_core.evaluation import Figures, auc_score, figures
from secom_core.outcomes import Board, Outcome, join, live
from secom_core.record import concatenate
from tests.secom_core.outcomes.made import BUNDLE, OTHER_BUNDLE, START, outcome, scored

FAIL_LOG_ODDS, SPREAD, FLAGGED_FROM = -3.0, 1.2, 0.84
"""About 8 % fail; a fifth is flagged."""

FLAGGED_RISK = 1 / (1 + np.exp(-(FAIL_LOG_ODDS + SPREAD * FLAGGED_FROM)))

NAMES = ("auc", "capture_rate", "escape_rate", "calibration_slope")


@dataclass
class Line:
    """A line whose risks are right: what is true of it is known."""

    seed: int
    n_units: int

    def __post_init__(self):
        self.generator = np.random.default_rng(self.seed)
        signal = self.generator.normal(size=self.n_units)
        self.risk = 1 / (1 + np.exp(-(FAIL_LOG_ODDS + SPREAD * signal)))
        self.flagged = signal >= FLAGGED_FROM
        self.is_fail = self.generator.random(self.n_units) < self.risk

    def live(self, *, audit_share, is_tested=False, **options):
        """Performance as outcomes of flagged and audited units, or of all, tell it."""
        audited = ~self.flagged & (self.generator.random(self.n_units) < audit_share)
        names = [str(number) for number in range(self.n_units)]
        records = scored(
            names, risk=self.risk, flagged=self.flagged, audited=audited, share=audit_share
        )
        looked_at = np.flatnonzero(self.flagged | audited | is_tested)
        late = START.replace(year=START.year + 1)
        joined = join(
            records,
            [
                Outcome(unit_id=names[unit], is_fail=bool(self.is_fail[unit]), found_at=late)
                for unit in looked_at
            ],
        )
        options = {"n_units": self.n_units, "seed": 0, "bundle": BUNDLE} | options
        return live(joined, records, **options), self.is_fail[looked_at], self.risk[looked_at]


@cache
def truth():
    """What is true of such a line, from a million units."""
    line = Line(seed=99, n_units=1_000_000)
    escapes = line.is_fail & ~line.flagged
    return {
        "auc": auc_score(line.is_fail, line.risk),
        "capture_rate": 1 - escapes.sum() / line.is_fail.sum(),
        "escape_rate": escapes.sum() / (~line.flagged).sum(),
        "calibration_slope": 1.0,
    }


def values(found):
    """The figures' values, in the order of `NAMES`."""
    return [getattr(found, name).value for name in NAMES]


@pytest.mark.parametrize(("audit_share", "n_units"), [(0.02, 8000), (0.05, 4000), (0.2, 2000)])
def test_weighing_tells_what_inspection_alone_gets_wrong(audit_share, n_units):
    """Of flagged and a few audited units, weighed figures are right and plain ones far off."""
    weighed, plain = [], []
    for seed in range(30):
        line = Line(seed=seed, n_units=n_units)
        found, is_fail, risk = line.live(audit_share=audit_share, n_resamples=1)
        weighed.append(values(found))
        plain.append([auc_score(is_fail, risk), np.mean(risk[is_fail] >= FLAGGED_RISK)])

    auc, capture_rate, escape_rate, slope = np.mean(weighed, axis=0)
    assert auc == pytest.approx(truth()["auc"], abs=0.02)
    assert capture_rate == pytest.approx(truth()["capture_rate"], abs=0.05)
    assert escape_rate == pytest.approx(truth()["escape_rate"], abs=0.005)
    assert slope == pytest.approx(1.0, abs=0.1)
    plain_auc, plain_capture_rate = np.mean(plain, axis=0)
    assert plain_auc < truth()["auc"] - (0.02 if audit_share == 0.2 else 0.08)
    assert plain_capture_rate > truth()["capture_rate"] + 0.25


@pytest.mark.parametrize(("audit_share", "is_tested"), [(0.02, False), (0.2, False), (0.02, True)])
def test_intervals_cover_what_is_true(audit_share, is_tested):
    """In a window of a thousand units, 95 % intervals hold the truth about that often."""
    n_windows = 60
    found = [
        Line(seed=1000 + seed, n_units=1000).live(
            audit_share=audit_share, is_tested=is_tested, n_resamples=150
        )[0]
        for seed in range(n_windows)
    ]

    for name in NAMES:
        covered = [getattr(f, name).low <= truth()[name] <= getattr(f, name).high for f in found]
        assert sum(covered) >= 0.88 * n_windows, name


def test_nothing_seen_to_escape_is_not_sure():
    """Sixteen audited units that all passed leave room for escapes."""
    n, flagged = 800, np.arange(800) < 160
    audited = (np.arange(800) >= 160) & (np.arange(800) % 40 == 0)
    risk = np.linspace(0.4, 0.01, n)
    records = scored([str(unit) for unit in range(n)], risk=risk, flagged=flagged, audited=audited)
    outcomes = [
        outcome(str(unit), "fail" if unit < 160 and unit % 4 == 0 else "pass")
        for unit in np.flatnonzero(flagged | audited)
    ]

    found = live(join(records, outcomes), records, bundle=BUNDLE, seed=0)

    assert found.joined == {"inspection": 160, "audit": 16, "final_test": 0}
    assert found.capture_rate.value == found.capture_rate.high == 1
    assert found.capture_rate.low < 0.5
    assert found.escape_rate.value == found.escape_rate.low == 0
    assert 0.05 < found.escape_rate.high < 0.25
    assert found.auc.low < found.auc.value - 0.1


def test_full_final_test_gives_the_evaluations_figures():
    """Where every unit was tested, live figures are what `evaluation.figures` computes."""
    line = Line(seed=3, n_units=1000)
    found, is_fail, risk = line.live(audit_share=0.02, is_tested=True)

    expected: Figures = figures(is_fail, risk, seed=0, threshold=FLAGGED_RISK)

    assert found.state == "estimated"
    assert (found.n_fails, found.n_passes) == (expected.n_fails, 1000 - expected.n_fails)
    assert found.auc.value == pytest.approx(expected.auc.value)
    assert found.auc.low == pytest.approx(expected.auc.low, abs=0.02)
    assert found.auc.high == pytest.approx(expected.auc.high, abs=0.02)
    assert found.capture_rate.value == pytest.approx(expected.flagged.capture_rate.value)
    assert found.calibration_slope.value == pytest.approx(expected.calibration_slope.value)


def test_same_seed_same_intervals():
    """Figures that are computed again are the same."""
    once, again = (Line(seed=1, n_units=600).live(audit_share=0.2)[0] for _ in range(2))

    assert once == again


def test_few_outcomes_are_a_state():
    """Below ten fails or ten passes nothing is said; before the first outcome as well."""
    records = scored([str(unit) for unit in range(100)], flagged=np.arange(100) < 20)
    nine = [outcome(str(unit), "fail" if unit < 9 else "pass") for unit in range(100)]

    for outcomes in ([], nine, nine[:15]):
        found = live(join(records, outcomes), records, bundle=BUNDLE, seed=0)

        assert found.state == "not_enough_outcomes"
        assert [getattr(found, name) for name in NAMES] == [None] * 4
    assert live(join(concatenate([]), []), concatenate([]), bundle=BUNDLE, seed=0).n_units == 0


def test_inspection_alone_cannot_tell_what_escapes():
    """Outcomes of flagged units, and of escapes that came back, are no estimate of anything."""
    records = scored([str(unit) for unit in range(100)], flagged=np.arange(100) < 40)
    inspected = [outcome(str(unit), "fail" if unit < 15 else "pass") for unit in range(40)]

    for outcomes in (inspected, [*inspected, outcome("70", "fail"), outcome("80")]):
        found = live(join(records, outcomes), records, bundle=BUNDLE, seed=0)

        assert found.state == "no_audited_passes"
        assert found.capture_rate is None
        assert (found.n_fails, found.n_passes) == (15, 25)


def test_audit_alone_cannot_tell_what_is_captured():
    """While the laboratory owes all outcomes of flagged units, nothing is said."""
    n = 200
    records = scored(
        [str(unit) for unit in range(n)], flagged=np.arange(n) < 40, audited=np.arange(n) >= 100
    )
    audited = [outcome(str(unit), "fail" if unit < 120 else "pass") for unit in range(100, n)]

    found = live(join(records, audited), records, bundle=BUNDLE, seed=0)

    assert found.state == "not_enough_outcomes"


def test_another_bundles_units_do_not_count():
    """Each bundle answers for what it has judged."""
    names = [str(unit) for unit in range(200)]
    records = scored(names, bundle=np.array([BUNDLE] * 100 + [OTHER_BUNDLE] * 100, dtype=object))
    outcomes = Board(outcome(name, "fail" if int(name) % 2 else "pass") for name in names)
    joined = join(records, outcomes)

    assert live(joined, records, bundle=BUNDLE, seed=0).n_units == 100
    assert live(joined, records, bundle="f" * 64, seed=0).n_units == 0


def test_line_that_flags_nothing_captures_nothing():
    """Where all units are tested and none was flagged, all fails escaped."""
    names = [str(unit) for unit in range(100)]
    records = scored(names, risk=np.linspace(0, 0.1, 100))
    outcomes = [outcome(name, "fail" if int(name) % 5 == 0 else "pass") for name in names]

    found = live(join(records, outcomes), records, bundle=BUNDLE, seed=0)

    assert found.capture_rate.value == found.capture_rate.high == 0
    assert found.escape_rate.value == pytest.approx(0.2)


def test_risk_that_is_no_probability_is_refused():
    """A record that states a risk of 2 is not believed."""
    names = [str(unit) for unit in range(100)]
    records = scored(names, risk=np.full(100, 2.0))
    outcomes = [outcome(name, "fail" if int(name) % 2 else "pass") for name in names]

    with pytest.raises(EvidenceError, match=r"risks must be in \[0, 1\]"):
        live(join(records, outcomes), records, bundle=BUNDLE, seed=0)
