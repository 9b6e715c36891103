import numpy as np

from secom_core.outcomes import Board, join
from secom_core.record import concatenate
from tests.secom_core.outcomes.made import outcome, scored


def told(records, outcomes):
    """Which record each outcome was joined to, and how it came."""
    joined = join(records, Board(outcomes))
    return [
        (str(records.record_id[index]), bool(is_fail), str(how))
        for index, is_fail, how in zip(joined.index, joined.is_fail, joined.how, strict=True)
    ]


def test_outcome_says_how_it_came():
    """A flagged unit was inspected, a marked one audited; whatever else is known was tested."""
    records = scored(
        ["a", "b", "c", "d"],
        flagged=[True, False, False, False],
        audited=[False, True, False, False],
    )

    assert told(records, [outcome("c"), outcome("b"), outcome("a", "fail")]) == [
        ("0-0", True, "inspection"),
        ("0-1", False, "audit"),
        ("0-2", False, "final_test"),
    ]


def test_outcome_belongs_to_the_last_prediction_before_it():
    """What was scored after the outcome was known says nothing of how well it was foretold."""
    records = scored(["a", "a", "a"], hours=[1, 2, 3])

    assert told(records, [outcome("a", "fail", hours=2.5)]) == [("0-1", True, "final_test")]
    assert told(records, [outcome("a", "fail", hours=2)]) == [("0-0", True, "final_test")]


def test_order_of_records_does_not_matter():
    """Two predictors' records may come one behind the other."""
    late, early = scored(["a", "b"], hours=[5, 6], seed=1), scored(["b", "a"], hours=[1, 2], seed=2)
    records = concatenate([late, early])

    assert told(records, [outcome("a"), outcome("b")]) == [
        ("1-0", False, "final_test"),
        ("1-1", False, "final_test"),
    ]
    assert told(records, [outcome("a", hours=4)]) == [("2-1", False, "final_test")]


def test_outcome_without_a_prediction_is_kept_for_later():
    """An unknown unit, or one scored only after its outcome, is named; its record may be late."""
    joined = join(scored(["a", "b"], hours=[1, 9]), Board([outcome("z"), outcome("b", hours=5)]))

    assert joined.unmatched == ("z", "b")
    assert len(joined) == 0


def test_nothing_joins_nothing():
    """No outcomes and no records are a beginning, not an error."""
    assert len(join(concatenate([]), Board())) == 0
    assert join(concatenate([]), Board([outcome("a")])).unmatched == ("a",)
    assert join(scored(["a"]), Board()).index.dtype == np.int64


def test_outcomes_of_units_scored_at_once_stay_with_their_units():
    """Units of one request bear one time."""
    records = scored(list("abcdef"), hours=[1] * 6)

    joined = join(records, Board([outcome("e", "fail"), outcome("b"), outcome("c", "fail")]))

    assert records.unit_id[joined.index].tolist() == ["b", "c", "e"]
    assert joined.is_fail.tolist() == [False, True, True]
