"""The judge, with models that were really fitted."""

from dataclasses import replace

import numpy as np
import pytest

from secom_core.contract import SENSORS, Contract
from secom_core.errors import EvidenceError
from secom_core.gate import Holdout


def unmet(verdict):
    """Names of the conditions that a challenger fails."""
    return [condition.name for condition in verdict.conditions if not condition.is_met]


def test_first_challenger_with_signal_becomes_champion(judged, sharp):
    """Without a champion, a model that clearly ranks fails above passes is promoted."""
    verdict = judged(sharp)

    assert verdict.decision == "promote"
    assert unmet(verdict) == []
    assert verdict.contest is None
    assert verdict.signal.auc_lower_bound > 0.5


def test_first_challenger_without_signal_is_not_good_enough(judged, blind):
    """A model fitted on shuffled outcomes leaves the line without a champion, and says why."""
    verdict = judged(blind)

    assert verdict.decision == "none"
    assert unmet(verdict) == ["signal"]
    assert "no better than guessing" in " ".join(verdict.reasons)


def test_hint_of_signal_is_not_enough(judged, sharp):
    """An AUC that is above guessing, but not at its lower bound, makes no champion."""
    generator = np.random.default_rng(0)
    faint = sharp.with_(
        risk=0.1 * sharp.contender.risk + 0.5 * generator.random(sharp.contender.risk.size)
    ).tried(development_risk=0.5 * generator.random(sharp.trial.development_risk.size))

    verdict = judged(faint)

    assert verdict.decision == "none"
    assert verdict.signal.auc.value > 0.5 > verdict.signal.auc_lower_bound


def test_better_challenger_replaces_the_champion(judged, sharp, broad):
    """On units that neither has seen, the sharper model wins with the certainty asked for."""
    verdict = judged(sharp, broad.contender)

    assert verdict.decision == "promote"
    assert verdict.contest.probability_better >= verdict.contest.probability_needed == 0.9
    assert verdict.contest.challenger_auc.value > verdict.contest.champion_auc.value


def test_worse_challenger_leaves_the_champion(judged, sharp, broad):
    """A model that would do as a first champion does not replace a better one."""
    verdict = judged(broad, sharp.contender)

    assert verdict.decision == "keep"
    assert unmet(verdict) == ["better than the champion"]


def test_identical_challenger_leaves_the_champion(judged, sharp):
    """The same model under another name is not better."""
    verdict = judged(sharp.with_(digest="copy"), sharp.contender)

    assert verdict.decision == "keep"
    assert verdict.contest.probability_better == 0.0


def test_equally_good_challenger_leaves_the_champion(judged, enter, sharp):
    """One sensor more makes another model, but none that is surely better."""
    verdict = judged(enter("equal", n_sensors=6), sharp.contender)

    assert verdict.decision == "keep"
    assert 0 < verdict.contest.probability_better < 0.9


def test_champion_that_has_seen_most_of_the_holdout_stays(judged, sharp, broad, holdout):
    """With too few fails later than what the champion saw, it stays; how many lack is said."""
    champion = replace(broad.contender, seen_until=holdout.measured_at[-100])
    n_later = holdout.is_fail[holdout.measured_at > champion.seen_until].sum()
    assert 0 < n_later < 10

    verdict = judged(sharp, champion)

    assert verdict.decision == "keep"
    assert "later fails" in unmet(verdict)
    assert f"{10 - n_later} more fails are needed" in " ".join(verdict.reasons)
    assert verdict.contest.n_fails == n_later


def test_only_units_later_than_what_either_has_seen_are_compared(judged, sharp, broad, holdout):
    """The contest starts after the later of both, leaving out units of that very second."""
    seen = holdout.measured_at[100]
    for challenger, champion in [
        (sharp, broad.with_(seen_until=seen)),
        (sharp.with_(seen_until=seen), broad),
    ]:
        contest = judged(challenger, champion.contender).contest

        assert contest.n_units == np.sum(holdout.measured_at > seen)
        assert contest.later_than == str(seen)


def test_holdout_that_ends_before_what_the_champion_saw_compares_nothing(judged, sharp, broad):
    """A champion from newer data than the challenger's stays: there are no units to compare on."""
    champion = replace(broad.contender, seen_until=np.datetime64("2030-01-01T00:00:00"))

    verdict = judged(sharp, champion)

    assert verdict.decision == "keep"
    assert verdict.contest.n_units == 0


def test_later_units_that_all_failed_compare_nothing(judged, sharp, broad, holdout):
    """Without a pass among the later units, no model can rank better: the champion stays."""
    seen = holdout.measured_at[-20]
    all_failed = Holdout(
        digest="bad end",
        is_fail=holdout.is_fail | (holdout.measured_at > seen),
        measured_at=holdout.measured_at,
    )

    verdict = judged(sharp, replace(broad.contender, seen_until=seen), on=all_failed)

    assert verdict.decision == "keep"
    assert "better than the champion" in unmet(verdict)


@pytest.mark.parametrize(
    ("sensors", "is_kept"),
    [
        (SENSORS, False),
        ((*SENSORS, "sensor_590"), False),
        (SENSORS[:-1], True),
        ((SENSORS[1], SENSORS[0], *SENSORS[2:]), True),
    ],
    ids=["the same", "wider", "narrower", "other order"],
)
def test_contract_must_be_the_champions_or_wider(judged, sharp, broad, sensors, is_kept):
    """Whoever sends readings to the champion can go on sending them."""
    verdict = judged(sharp.with_(contract=Contract(sensors=sensors)), broad.contender)

    assert unmet(verdict) == (["contract"] if is_kept else [])
    assert verdict.decision == ("keep" if is_kept else "promote")


def test_synthetic_never_replaces_real(judged, sharp, blind):
    """However good a model of made-up units looks, a champion of real ones stays."""
    verdict = judged(sharp.with_(is_synthetic=True), blind.contender)

    assert verdict.decision == "keep"
    assert unmet(verdict) == ["real data"]


def test_synthetic_may_replace_synthetic(judged, sharp, broad):
    """Among models of made-up units the better one wins."""
    challenger = sharp.with_(is_synthetic=True)

    assert judged(challenger, replace(broad.contender, is_synthetic=True)).decision == "promote"


def test_real_replaces_synthetic_on_its_own_merit(judged, broad, blind, sharp):
    """A champion of made-up units is no rival on real ones: signal is enough, and is needed."""
    champion = replace(sharp.contender, is_synthetic=True)

    assert judged(broad, champion).decision == "promote"
    assert judged(blind, champion).decision == "keep"


def test_constant_risks_are_refused_clearly(judged, sharp, holdout):
    """A model that gives every unit the same risk is told so, champion or not."""
    constant = sharp.with_(risk=np.full(holdout.is_fail.size, 0.07))

    for champion in (None, sharp.contender):
        verdict = judged(constant, champion)
        assert verdict.decision in {"none", "keep"}
        assert "tells units apart" in unmet(verdict)
        assert "the same risk" in " ".join(verdict.reasons)


def test_inspection_rate_over_twice_the_capacity_is_refused(judged, sharp, holdout):
    """At a capacity of 60 units, flagging 120 just passes; one unit more does not."""
    capacity = 60 / holdout.is_fail.size
    for n_flagged, expected in [(120, []), (121, ["inspection rate"])]:
        flagged = np.arange(holdout.is_fail.size) < n_flagged
        entry = sharp.tried(is_flagged=flagged, max_inspection_rate=capacity)

        assert unmet(judged(entry)) == expected


def test_golden_requests_that_are_answered_otherwise_are_refused(judged, sharp):
    """The fault is passed on."""
    verdict = judged(sharp.tried(golden_fault="risk of request 3 differs by 0.2."))

    assert verdict.decision == "none"
    assert "risk of request 3 differs by 0.2." in " ".join(verdict.reasons)


def test_signal_is_measured_on_development_and_holdout_together(judged, sharp, blind):
    """Risks that know nothing of development units weigh down a good holdout."""
    pooled = sharp.tried(development_risk=blind.trial.development_risk)

    assert judged(pooled).signal.auc.value < judged(sharp).signal.auc.value
    assert judged(pooled).signal.holdout_auc == judged(sharp).signal.holdout_auc


def test_holdout_without_fails_still_has_a_verdict(judged, sharp, holdout):
    """Its own AUC is unknown, and development alone carries the signal."""
    lucky = replace(holdout, is_fail=np.zeros_like(holdout.is_fail))

    assert judged(sharp, on=lucky).signal.holdout_auc is None


def test_same_question_same_verdict(judged, sharp, broad):
    """Nothing in a verdict depends on when or how often it is asked for."""
    assert judged(sharp, broad.contender) == judged(sharp, broad.contender)


def test_missing_risk_is_an_error_not_a_verdict(judged, sharp):
    """A risk that is no number must not be judged at all."""
    broken = sharp.with_(risk=np.where(np.arange(313) == 7, np.nan, sharp.contender.risk))

    with pytest.raises(EvidenceError, match="not finite"):
        judged(broken)


@pytest.fixture
def weighed(cuts, holdout):
    """The holdout, and an entry's trial, with weights: units of some kind stand for 40 each."""

    def _weighed(entry, is_heavy):
        weight = np.where(is_heavy, 40.0, 1.0)
        return (
            entry.tried(development_weight=weight[cuts.compared]),
            replace(holdout, weight=weight[cuts.holdout]),
        )

    return _weighed


def test_contest_is_decided_by_weight_and_fails_are_counted(
    judged, sharp, broad, line, cuts, weighed
):
    """Who wins on the units that stand for many wins; ten fails are ten fails all the same."""
    is_better = np.zeros(len(line), dtype=bool)
    margin = sharp.contender.risk - broad.contender.risk
    is_better[cuts.holdout] = np.where(line.is_fail[cuts.holdout], margin < 0, margin > 0)
    entry, on = weighed(sharp, is_better)

    plain, verdict = judged(sharp, broad.contender), judged(entry, broad.contender, on=on)

    assert (plain.decision, verdict.decision) == ("promote", "keep")
    assert verdict.contest.probability_better < 0.1
    assert verdict.contest.challenger_auc.value < verdict.contest.champion_auc.value
    assert verdict.contest.n_fails == plain.contest.n_fails
    assert verdict.contest.n_units == plain.contest.n_units


def test_inspection_rate_is_that_of_the_line(judged, sharp, line, cuts, weighed):
    """A lab that would drown is found by weight, though few of the units looked at are flagged."""
    is_flagged = np.zeros(len(line), dtype=bool)
    is_flagged[cuts.holdout] = sharp.trial.is_flagged
    entry, on = weighed(sharp, is_flagged)

    verdict = judged(entry, on=on)

    assert unmet(verdict) == ["inspection rate"]
    assert verdict.inspection_rate == pytest.approx(
        np.average(sharp.trial.is_flagged, weights=on.weight)
    )


def test_weights_for_one_window_alone_are_refused(judged, sharp, holdout):
    """Units of both windows are measured together, so that weights of one would mean nothing."""
    on = replace(holdout, weight=np.ones(holdout.is_fail.size))

    with pytest.raises(EvidenceError, match="weights for development and holdout"):
        judged(sharp, on=on)
