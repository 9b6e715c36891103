"""The ledger: trying again on the same holdout does not pay."""

from dataclasses import replace

import numpy as np
import pytest

from secom_core.gate.ledger import MAX_ATTEMPTS


@pytest.fixture
def lucky(sharp, judged, holdout):
    """A challenger that beats the sharp model with a probability between .9 and .95."""
    noise = np.random.default_rng(1).random(holdout.is_fail.size)
    for hint in np.linspace(0, 0.1, 21):
        risk = 0.8 * sharp.contender.risk + 0.1 * noise + hint * holdout.is_fail
        entry = sharp.with_(digest="lucky", risk=risk)
        if 0.9 <= judged(entry, sharp.contender).contest.probability_better < 0.95:
            return entry
    pytest.fail("no hint makes a challenger that is just good enough")
    return None


def test_same_challenger_gets_the_recorded_verdict(judged, broad, sharp):
    """Asked again, the gate repeats itself and does not count another attempt."""
    first = judged(broad, sharp.contender)

    again = judged(broad, sharp.contender, ledger=[first])

    assert (again.decision, again.basis) == ("keep", "recorded")
    assert again.attempt == first.attempt == 1
    assert again.conditions == first.conditions
    assert "before" in again.reasons[0]


def test_promoted_challenger_stays_promoted_when_run_again(judged, sharp):
    """The second run of the same pipeline finds itself champion and repeats "promote"."""
    first = judged(sharp)
    champion = replace(sharp.contender, judged_on="holdout")

    assert judged(sharp, champion, ledger=[first]).decision == "promote"


def test_promotion_that_was_cut_short_is_repeated(judged, sharp, broad):
    """Judged but not yet promoted when the run died: the same champion is still replaced."""
    first = judged(sharp, broad.contender)

    assert judged(sharp, broad.contender, ledger=[first]).decision == "promote"


def test_recorded_promotion_does_not_replace_a_later_champion(judged, sharp, broad):
    """A challenger that once won does not come back over a champion that it has not beaten."""
    first = judged(broad)
    second = judged(sharp, broad.contender, ledger=[first])
    assert second.decision == "promote"
    champion = replace(sharp.contender, judged_on="holdout")

    again = judged(broad, champion, ledger=[first, second])

    assert (again.decision, again.basis) == ("keep", "recorded")
    assert "another champion has come since" in again.reasons[0]


def test_recorded_refusal_says_no_with_or_without_champion(judged, blind, sharp):
    """Not good enough then is not good enough now, whoever reigns."""
    first = judged(blind)

    assert judged(blind, ledger=[first]).decision == "none"
    assert judged(blind, sharp.contender, ledger=[first]).decision == "keep"


def test_luck_that_would_pass_at_first_does_not_pass_later(judged, lucky, blind, sharp):
    """Another seed on the same holdout needs .95 where the first needed .9."""
    first = judged(blind, sharp.contender)

    assert judged(lucky, sharp.contender).decision == "promote"
    second = judged(lucky, sharp.contender, ledger=[first])

    assert second.decision == "keep"
    assert second.attempt == 2
    assert second.contest.probability_needed == 0.95
    assert "trying again must not pay" in second.reasons[-1]


def test_levels_halve_with_every_different_challenger(judged, sharp, blind):
    """Without a champion the bound's level falls from .025 to .0125, .00625 and so on."""
    ledger, levels, bounds = [], [], []
    for attempt in range(4):
        verdict = judged(sharp.with_(digest=f"seed {attempt}"), ledger=ledger)
        levels.append(verdict.signal.level)
        bounds.append(verdict.signal.auc_lower_bound)
        ledger.append(judged(blind.with_(digest=f"seed {attempt}"), ledger=ledger))

    assert levels == [0.025, 0.0125, 0.00625, 0.003125]
    assert bounds == sorted(bounds, reverse=True)


def test_champion_to_beat_leaves_the_level_of_the_signal_alone(judged, broad, blind, sharp):
    """Against a champion it is the contest that becomes stricter."""
    first = judged(blind, broad.contender)

    second = judged(sharp, broad.contender, ledger=[first])

    assert second.signal.level == 0.025
    assert second.contest.probability_needed == 0.95


def test_other_holdouts_and_refusals_do_not_count(judged, sharp, blind):
    """Only what was judged on this very holdout makes it stricter."""
    first = judged(blind)
    ledger = [replace(first, holdout="another"), replace(first, basis="refused")]

    assert judged(sharp, ledger=ledger).attempt == 1


def test_holdout_wears_out(judged, sharp, blind):
    """After ten different challengers, even a good one has to wait for newer units."""
    first = judged(blind)
    ledger = [replace(first, challenger=f"seed {attempt}") for attempt in range(MAX_ATTEMPTS)]

    verdict = judged(sharp, ledger=ledger)

    assert (verdict.decision, verdict.basis) == ("none", "refused")
    assert "newer units" in verdict.reasons[0]


@pytest.mark.parametrize("is_emptied", [True, False])
def test_lost_ledger_judges_nobody(judged, sharp, broad, blind, is_emptied):
    """A champion that was judged here, and a ledger without it: nobody knows how many tried."""
    champion = replace(broad.contender, judged_on="holdout")
    ledger = [] if is_emptied else [judged(blind)]

    verdict = judged(sharp, champion, ledger=ledger)

    assert (verdict.decision, verdict.basis) == ("keep", "refused")
    assert "Restore it from a backup" in verdict.reasons[0]
    assert verdict.conditions == ()


def test_champion_from_another_holdout_needs_no_entry(judged, sharp, broad):
    """On new units the ledger is empty for good reason."""
    champion = replace(broad.contender, judged_on="an earlier holdout")

    assert judged(sharp, champion).decision == "promote"
