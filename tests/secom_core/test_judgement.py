import json
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from secom_core import bundle, dataset, training
from secom_core.bundle import Bundle
from secom_core.config import TrainingConfig
from secom_core.errors import BundleError, StoreError
from secom_core.evaluation import auc_score
from secom_core.judgement import Judgement, judge, roc_points
from secom_core.selection import Choice, Comparison
from secom_core.store import (
    Champion,
    Store,
    bundle_prefix,
    move_champion,
    publish_bundle,
    read_ledger,
)
from secom_core.windows import timeline

QUICK = TrainingConfig(search="quick")
ELSEWHERE = "e" * 64
"""Digest of another holdout, on which a champion was judged long ago."""


class Run(NamedTuple):
    """What a run takes to the gate."""

    challenger: Bundle
    comparison: Comparison


@pytest.fixture(scope="module")
def line():
    """1,000 made-up units of 100 sensors: 13 fails in the holdout, enough for a contest."""
    units = dataset.twin(n_units=1000, seed=0)
    return replace(units, readings=units.readings[:, 60:160], sensors=units.sensors[60:160])


@pytest.fixture(scope="module")
def holdout(line):
    """The units that only the gate scores."""
    return line.window(timeline(len(line), QUICK.shares).holdout)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Fit a family without a search, and let it be the one that is chosen."""

    def _run(units, family="logistic", seed=0):
        made = training.fit_contender(family, units, replace(QUICK, seed=seed))
        folder = tmp_path_factory.mktemp("run") / "bundle"
        bundle.write(made.parts, folder)
        choice = Choice(family=family, best_searched=family, probability_better=1.0, reason="")
        return Run(bundle.read(folder), Comparison(choice=choice, evidence=(made.evidence,)))

    return _run


@pytest.fixture(scope="module")
def good(run, line):
    """A run whose challenger finds the signal."""
    return run(line)


@pytest.fixture(scope="module")
def blind(run, line):
    """A run whose challenger was fitted on outcomes dealt out at random."""
    dealt = np.random.default_rng(1).permutation(line.is_fail)
    return run(replace(line, is_fail=dealt))


@pytest.fixture
def judged(store, line, tmp_path):
    """Judge a run on the line."""

    def _judged(entered, units=line):
        challenger, comparison = entered
        return judge(challenger, comparison, units, QUICK, store=store, scratch=tmp_path)

    return _judged


@pytest.fixture
def enthrone(store):
    """Make a bundle champion, as if it had been judged on another holdout."""

    def _enthrone(champion, *, holdout_digest=ELSEWHERE):
        publish_bundle(store, champion.path, champion.digest)
        record = Champion(
            digest=champion.digest,
            run_id="run-0",
            seen_until=champion.card.seen_until,
            is_synthetic=champion.is_synthetic,
            holdout_digest=holdout_digest,
        )
        move_champion(store, record, replaces=None)

    return _enthrone


def ledger_of(store: Store, holdout):
    """Who was judged on a holdout, and how that ended."""
    entries, _ = read_ledger(store, holdout.digest)
    return [(entry["challenger"], entry["decision"]) for entry in entries]


def test_first_challenger_with_signal_is_promoted(judged, good, store, holdout):
    """Without a champion the conditions decide, and the verdict is written down."""
    found = judged(good)

    digest = good.challenger.digest
    assert (found.verdict.decision, found.verdict.basis) == ("promote", "judged")
    assert (found.verdict.challenger, found.verdict.champion) == (digest, None)
    assert (found.verdict.holdout, found.verdict.attempt) == (holdout.digest, 1)
    assert found.champion_risk is None
    assert ledger_of(store, holdout) == [(digest, "promote")]


def test_risks_are_those_that_would_be_served(judged, good, holdout):
    """The gate scores the holdout by the very method of the server."""
    found = judged(good)

    served = good.challenger.judge(holdout.readings)
    np.testing.assert_array_equal(found.risk, served.risk)
    np.testing.assert_array_equal(found.flagged, served.flagged)
    assert found.verdict.inspection_rate == served.flagged.mean()
    assert found.verdict.signal.holdout_auc.value == auc_score(holdout.is_fail, served.risk)


def test_blind_challenger_is_not_good_enough(judged, blind, store, holdout):
    """Without signal nobody becomes champion, and that, too, is written down."""
    found = judged(blind)

    assert found.verdict.decision == "none"
    assert ledger_of(store, holdout) == [(blind.challenger.digest, "none")]


def test_same_challenger_again_gets_the_recorded_verdict(judged, good, store, holdout):
    """Asking twice changes nothing, neither the answer nor the ledger."""
    first, again = judged(good), judged(good)

    assert (again.verdict.decision, again.verdict.basis) == ("promote", "recorded")
    assert again.verdict.signal == first.verdict.signal
    np.testing.assert_array_equal(again.risk, first.risk)
    assert len(ledger_of(store, holdout)) == 1


def test_same_challenger_as_champion_gets_the_recorded_verdict(
    judged, good, enthrone, store, holdout
):
    """A run that is repeated after its promotion ends as it did."""
    judged(good)
    enthrone(good.challenger, holdout_digest=holdout.digest)

    again = judged(good)

    assert (again.verdict.decision, again.verdict.basis) == ("promote", "recorded")
    assert len(ledger_of(store, holdout)) == 1


def test_another_seed_does_not_slip_through(judged, run, line, enthrone, store, holdout):
    """A second draw of the same procedure is held to half the chance, and the champion stays."""
    first, second = (run(line, "xgboost", seed=seed) for seed in (0, 1))
    judged(first)
    enthrone(first.challenger, holdout_digest=holdout.digest)

    found = judged(second)

    assert (found.verdict.decision, found.verdict.attempt) == ("keep", 2)
    assert found.verdict.contest.probability_needed == 0.95
    assert [decision for _, decision in ledger_of(store, holdout)] == ["promote", "keep"]


def test_seeds_tried_without_a_champion_are_held_to_more(judged, run, blind, line):
    """The k-th try on one holdout needs a lower bound at half the level of the one before."""
    judged(blind)

    found = judged(run(line, seed=1))

    assert found.verdict.attempt == 2
    assert found.verdict.signal.level == 0.0125


def test_better_challenger_replaces_the_champion(judged, good, blind, enthrone, holdout):
    """Both score the units that neither has seen, and the better one wins."""
    enthrone(blind.challenger)

    found = judged(good)

    assert found.verdict.decision == "promote"
    assert found.verdict.champion == blind.challenger.digest
    assert found.verdict.contest.probability_better >= 0.9
    np.testing.assert_array_equal(
        found.champion_risk, blind.challenger.judge(holdout.readings).risk
    )


def test_worse_challenger_leaves_the_champion(judged, good, blind, enthrone):
    """A champion that ranks better stays."""
    enthrone(good.challenger)

    assert judged(blind).verdict.decision == "keep"


def test_lost_ledger_is_noticed(judged, good, blind, enthrone, store, holdout):
    """A champion that was judged on a holdout of which no ledger knows: nobody is judged there."""
    enthrone(blind.challenger, holdout_digest=holdout.digest)

    found = judged(good)

    assert (found.verdict.decision, found.verdict.basis) == ("keep", "refused")
    assert "the ledger is lost" in found.verdict.reasons[0]
    assert ledger_of(store, holdout) == []


def test_damaged_ledger_stops_the_gate(judged, good, store, holdout):
    """What cannot be read is not begun anew."""
    store.put(f"ledger/{holdout.digest}.json", b"[{")

    with pytest.raises(StoreError, match="is not a ledger of this version"):
        judged(good)


def test_damaged_champion_stops_the_gate(judged, good, blind, enthrone, store):
    """Nobody is compared with a champion that is not what was judged."""
    enthrone(blind.challenger)
    store.put(f"{bundle_prefix(blind.challenger.digest)}card.md", b"altered")

    with pytest.raises(BundleError, match=r"card.md has 7 bytes"):
        judged(good)


def test_champion_of_fewer_sensors_is_asked_for_its_own(judged, run, line, enthrone, holdout):
    """A champion that takes the first sensors alone is given these; the challenger may be wider."""
    few = replace(line, readings=line.readings[:, :40], sensors=line.sensors[:40])
    champion = run(few, "xgboost").challenger
    enthrone(champion)

    found = judged(run(line))

    np.testing.assert_array_equal(
        found.champion_risk, champion.judge(holdout.readings[:, :40]).risk
    )
    assert {each.name: each.is_met for each in found.verdict.conditions}["contract"]


def test_champion_is_asked_by_the_names_of_its_sensors(judged, good, run, line, enthrone, holdout):
    """Where a challenger has them elsewhere, the champion is still given its own."""
    middle = replace(line, readings=line.readings[:, 20:60], sensors=line.sensors[20:60])
    champion = run(middle, "xgboost").challenger
    enthrone(champion)

    found = judged(good)

    expected = champion.judge(holdout.readings[:, 20:60]).risk
    np.testing.assert_array_equal(found.champion_risk, expected)


def test_champion_of_other_sensors_stays(judged, good, line, run, enthrone):
    """It cannot be asked, and whoever sends it readings could not be understood any more."""
    renamed = replace(line, sensors=tuple(f"probe_{number}" for number in range(100)))
    enthrone(run(renamed).challenger)

    found = judged(good)

    assert found.verdict.decision == "keep"
    assert not {each.name: each.is_met for each in found.verdict.conditions}["contract"]


def test_synthetic_challenger_never_replaces_a_real_champion(judged, good, run, line, enthrone):
    """Be it ever so good."""
    enthrone(run(replace(line, is_synthetic=False)).challenger)

    found = judged(good)

    assert found.verdict.decision == "keep"
    assert not {each.name: each.is_met for each in found.verdict.conditions}["real data"]


def test_challenger_that_answers_otherwise_here_is_not_promoted(judged, good):
    """Golden requests are asked where the gate runs, and their fault is in the reasons."""
    golden = replace(good.challenger.golden, risk=good.challenger.golden.risk + 0.1)

    found = judged(Run(replace(good.challenger, golden=golden), good.comparison))

    assert found.verdict.decision == "none"
    assert any("golden request's risk differs by 0.1" in reason for reason in found.verdict.reasons)


def test_judgement_travels_as_json(judged, good, blind, enthrone):
    """Promotion and report read what the gate wrote, with a champion and without."""
    alone = judged(good)
    enthrone(blind.challenger)
    against = judged(good)

    for sent in (alone, against):
        read = Judgement.from_json(json.loads(json.dumps(sent.to_json())))
        assert read.to_json() == sent.to_json()
        assert read.verdict == sent.verdict
        assert (read.risk.dtype, read.flagged.dtype) == (np.float64, np.bool_)
        np.testing.assert_array_equal(read.risk, sent.risk)


def test_headline_shows_what_there_is(judged, good, blind, enthrone):
    """A list of runs shows rates and AUC, and with a champion the chance to be better."""
    alone = judged(blind).headline
    enthrone(blind.challenger)
    against = judged(good).headline

    assert set(alone) == {"holdout_inspection_rate", "auc_lower_bound", "holdout_auc"}
    assert set(against) == {*alone, "probability_better"}


def test_roc_encloses_the_auc(judged, good, line, holdout):
    """From nothing flagged to everything, and the area below it is the AUC."""
    found = judged(good)

    overkill, capture, thresholds = roc_points(found, line, QUICK)

    assert (overkill[0], capture[0]) == (0, 0)
    assert (overkill[-1], capture[-1]) == (1, 1)
    assert len(overkill) == len(capture) == len(thresholds)
    assert thresholds == sorted(thresholds, reverse=True)
    area = np.trapezoid(capture, overkill)
    assert area == pytest.approx(auc_score(holdout.is_fail, found.risk))


@pytest.mark.parametrize("outcome", [True, False])
def test_holdout_of_one_outcome_has_no_roc(judged, good, line, outcome):
    """Without fails, or without passes, there is nothing to trace, and the gate still decides."""
    is_fail = line.is_fail.copy()
    is_fail[timeline(len(line), QUICK.shares).holdout] = outcome
    units = replace(line, is_fail=is_fail)

    found = judged(good, units)

    assert roc_points(found, units, QUICK) == ([], [], [])
    assert found.verdict.basis == "judged"
