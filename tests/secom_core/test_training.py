import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from secom_core import candidates, dataset, training
from secom_core.calibration import fit_sigmoid
from secom_core.config import TrainingConfig
from secom_core.drift.watch import fit_baseline
from secom_core.errors import ConfigError, EvidenceError
from secom_core.evaluation import figures
from secom_core.evidence import Evidence
from secom_core.threshold import set_operating_point
from secom_core.windows import timeline

QUICK = TrainingConfig(search="quick", seed=3)


@pytest.fixture(scope="module")
def contender(narrow):
    """A logistic regression, fitted without a search."""
    return training.fit_contender("logistic", narrow, QUICK)


@pytest.fixture(scope="module")
def by_hand(narrow):
    """What a run does, a second time and slowly: raw scores fold by fold."""
    (params,) = candidates.search_space("logistic", "quick")
    raw = []
    for fold in timeline(len(narrow), QUICK.shares).folds:
        pipeline = candidates.build("logistic", params, seed=3)
        pipeline.fit(narrow.readings[fold.train], narrow.is_fail[fold.train])
        raw.append(pipeline.decision_function(narrow.readings[fold.test]))
    return raw


def test_compared_units_are_scored_by_the_fit_before_them(narrow, contender, by_hand):
    """Each fold is predicted by what was fitted on the units before it, through one sigmoid."""
    cuts = timeline(len(narrow), QUICK.shares)

    sigmoid = fit_sigmoid(by_hand[-1], narrow.is_fail[cuts.calibration])

    assert contender.evidence.sigmoid == sigmoid
    np.testing.assert_array_equal(contender.evidence.risk, sigmoid.risk(np.concatenate(by_hand)))


def test_bundle_states_the_drift_of_its_own_fit_window(contender):
    """A fit window too short to tell gives no baseline; a long one gives what it has shown."""
    longer = dataset.twin(n_units=800, seed=0)
    parts = training.fit_contender("logistic", longer, QUICK).parts
    shown = fit_baseline(longer.readings[:560], sensors_read=parts.sensors_read)

    assert contender.parts.drift_basis.baseline is None
    assert parts.drift_basis.baseline == shown


def test_threshold_is_set_on_the_calibration_window(narrow, contender, by_hand):
    """The operating point is the one that capacity gives on the last units of development."""
    is_fail = narrow.is_fail[timeline(len(narrow), QUICK.shares).calibration]
    risk = contender.evidence.sigmoid.risk(by_hand[-1])

    expected = set_operating_point(risk, is_fail, max_inspection_rate=0.2)

    assert contender.parts.operating_point == expected
    assert expected.rule == "capacity"


def test_cost_of_a_missed_fail_sets_the_threshold_where_it_is_given(narrow):
    """With a cost the threshold inspects what is cheapest, and the bundle says so."""
    costly = training.fit_contender("logistic", narrow, replace(QUICK, missed_fail_cost=2.0))
    point = costly.parts.operating_point

    assert (point.rule, point.missed_fail_cost, point.inspection_cost) == ("cost", 2.0, 1.0)


def test_capacity_is_kept_on_the_calibration_window(narrow):
    """The inspection rate on the units that set the threshold is within what was configured."""
    tight = training.fit_contender("logistic", narrow, replace(QUICK, max_inspection_rate=0.1))

    assert 0 < tight.parts.operating_point.inspection_rate <= 0.1


def test_card_says_what_the_bundle_has_seen(narrow, contender):
    """Units, fails and times are those of development; nothing of the holdout is on it."""
    cuts = timeline(len(narrow), QUICK.shares)
    seen = narrow.window(cuts.development)
    card = contender.parts.card

    assert (card.family, card.seed, card.is_synthetic) == ("logistic", 3, True)
    assert (card.n_units, card.n_fails) == (320, seen.is_fail.sum())
    assert card.data_digest == seen.digest
    assert card.fitted_from == str(narrow.measured_at[0])
    assert card.fitted_until == str(narrow.measured_at[279])
    assert card.seen_until == str(narrow.measured_at[319])
    assert card.params == {"selection": "f", "n_sensors": "20", "C": "0.001"}


def test_card_carries_the_development_figures(narrow, contender):
    """With intervals, of the risks on which families are compared."""
    cuts = timeline(len(narrow), QUICK.shares)
    found = figures(narrow.is_fail[cuts.compared], contender.evidence.risk, seed=3)
    auc = contender.parts.card.figures["auc"]

    assert contender.evidence.figures == found
    assert auc == (found.auc.value, found.auc.low, found.auc.high)
    assert set(contender.parts.card.figures) == {
        "auc",
        "average_precision",
        "capture_at_5",
        "capture_at_10",
        "capture_at_20",
    }


def test_golden_requests_are_units_of_the_calibration_window(narrow, contender):
    """From the lowest risk to the highest, none of them so near the threshold as to be in doubt."""
    golden, point = contender.parts.golden, contender.parts.operating_point
    calibration = narrow.readings[timeline(len(narrow), QUICK.shares).calibration]

    known = {unit.tobytes() for unit in calibration}
    assert all(unit.tobytes() in known for unit in golden.readings)
    assert (np.diff(golden.risk) >= 0).all()
    assert (np.abs(golden.risk - point.threshold) > 1e-9).all()


def test_progress_counts_every_fit_of_every_fold(narrow):
    """It goes up by one to the number of fits, which is that of the recorded seconds."""
    told = []

    made = training.fit_contender(
        "logistic",
        narrow,
        TrainingConfig(),
        progress=lambda done, total: told.append((done, total)),
    )

    total = 4 * (4 * len(candidates.search_space("logistic")) + 1)
    assert told == [(done, total) for done in range(1, total + 1)]
    assert len(made.evidence.fit_seconds) == total
    assert all(second > 0 for second in made.evidence.fit_seconds)


def test_every_fit_has_one_thread(narrow):
    """However many the caller has, since more add up in another order and end in other bits."""
    counts = set()

    def count(_done, _total):
        counts.update(pool["num_threads"] for pool in threadpool_info())

    with threadpool_limits(2):
        training.fit_contender("logistic", narrow, QUICK, progress=count)

    assert counts == {1}


def test_evidence_travels_as_json(contender):
    """Everything that the later stages need comes back from JSON, floats to the last bit."""
    sent = contender.evidence

    read = Evidence.from_json(json.loads(json.dumps(sent.to_json())))

    np.testing.assert_array_equal(read.risk, sent.risk)
    for name in Evidence.__dataclass_fields__.keys() - {"risk"}:
        assert getattr(read, name) == getattr(sent, name), name


def test_evidence_of_a_search_travels_as_json(contenders):
    """So does what was tried."""
    sent = contenders["logistic"].evidence

    read = Evidence.from_json(json.loads(json.dumps(sent.to_json())))

    assert read.tried == sent.tried
    assert len(read.tried) == len(candidates.search_space("logistic"))


def test_difference_of_the_form_is_written_down(contender):
    """How far ONNX Runtime is from scikit-learn, at most, on any unit."""
    assert 0 <= contender.evidence.export_difference <= 1e-6


def test_calibration_window_without_fails_is_refused(narrow):
    """Without a fail there is nothing to calibrate on, and that is said."""
    is_fail = narrow.is_fail.copy()
    is_fail[280:320] = False

    with pytest.raises(EvidenceError, match="needs passes and fails, got 40 and 0"):
        training.fit_contender("logistic", replace(narrow, is_fail=is_fail), QUICK)


def test_too_few_units_are_refused(narrow):
    """Units that cannot be cut into windows end the run before it begins."""
    with pytest.raises(ConfigError, match="8 units are too few"):
        training.fit_contender("logistic", narrow.window(slice(0, 8)), QUICK)


def test_lineage_says_where_a_bundle_came_from():
    """Run, commit, time with offset, machine, and the libraries that took part."""
    found = training.lineage(
        "ab" * 32,
        run_id="run-7",
        environ={"SECOM_COMMIT": "abc", "HOME": "/root"},
        trained_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    )

    assert (found.digest, found.run_id, found.commit) == ("ab" * 32, "run-7", "abc")
    assert found.trained_at == "2026-01-02T03:04:05+00:00"
    assert found.trained_on
    assert found.versions["scikit-learn"] == version("scikit-learn")


def test_lineage_without_a_commit_says_nothing_of_it():
    """Where nobody knows the commit, it is empty rather than made up."""
    found = training.lineage("", run_id="", environ={}, trained_at=datetime(2026, 1, 2, tzinfo=UTC))

    assert found.commit == ""
