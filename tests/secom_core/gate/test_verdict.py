"""The verdict, as it is kept."""

import json

import pytest

from secom_core.errors import VerdictError
from secom_core.gate import Verdict


def test_verdicts_survive_json(judged, sharp, broad, blind):
    """Written as JSON and read again, nothing has changed, whatever was decided."""
    first = judged(blind)
    for verdict in (
        first,
        judged(sharp),
        judged(sharp, broad.contender, ledger=[first]),
        judged(blind, ledger=[first]),
    ):
        assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


def test_every_condition_shows_what_was_found_and_what_is_needed(judged, sharp, broad):
    """The eight conditions of a contest are listed one by one."""
    conditions = judged(sharp, broad.contender).conditions

    assert {each.name: (each.value, each.needed) for each in conditions} == {
        "signal": (f"{judged(sharp).signal.auc_lower_bound:.3f}", "> 0.500"),
        "tells units apart": ("313 different risks", "at least 2"),
        "inspection rate": (f"{sharp.trial.is_flagged.mean():.3f}", "<= 0.400"),
        "golden requests": ("as in training", "as in training"),
        "contract": ("590 sensors", "the champion's 590 in their order, or more after them"),
        "real data": ("real", "real"),
        "later fails": ("21", ">= 10"),
        "better than the champion": (
            f"{judged(sharp, broad.contender).contest.probability_better:.4f}",
            ">= 0.9000",
        ),
    }


def test_yes_gives_all_reasons_and_no_gives_what_is_missing(judged, sharp, broad):
    """Who is promoted hears why; who is not hears what failed, and only that."""
    promoted, kept = judged(sharp, broad.contender), judged(broad, sharp.contender)

    assert len(promoted.reasons) == 1 + len(promoted.conditions)
    assert kept.reasons[0] == (
        "The champion stays: the challenger fails: better than the champion."
    )
    assert len(kept.reasons) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"signal": {"auc": 0.6}},
        {"contest": "won"},
        {"conditions": ["golden"]},
        {"reasons": None},
        {"mood": "good"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_verdict_of_another_form_is_refused(judged, blind, change):
    """A damaged entry of the ledger is named, with what to do about it."""
    with pytest.raises(VerdictError, match="restore that from a backup"):
        Verdict.from_json(judged(blind).to_json() | change)


@pytest.mark.parametrize("entry", [{}, [], "verdict", None], ids=repr)
def test_what_is_no_verdict_is_refused(entry):
    """Something else where a verdict was expected is not taken for one."""
    with pytest.raises(VerdictError):
        Verdict.from_json(entry)
