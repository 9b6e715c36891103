from secom_core.outcomes import Board
from tests.secom_core.outcomes.made import outcome


def test_new_outcomes_are_accepted():
    """What no unit had yet is taken in, in its order, and the board before stays as it was."""
    board = Board([outcome("a")])

    added = board.add([outcome("c", "fail"), outcome("b")])

    assert added.accepted == (outcome("c", "fail"), outcome("b"))
    assert list(added.board) == [outcome("a"), outcome("c", "fail"), outcome("b")]
    assert list(board) == [outcome("a")]


def test_replay_changes_nothing():
    """A delivery that comes again is known, and so is a result that is found once more."""
    board = Board([outcome("a", "fail")])

    added = board.add([outcome("a", "fail"), outcome("a", "fail", hours=90)])

    assert (added.accepted, added.conflicts) == ((), ())
    assert len(added.known) == 2
    assert added.board.get("a") == outcome("a", "fail")


def test_repeat_within_a_delivery_is_taken_in_once():
    """A unit that is listed twice has one outcome."""
    twice = outcome("a")

    added = Board().add([twice, twice])

    assert (added.accepted, added.known) == ((twice,), (twice,))


def test_contradiction_is_told_with_both_values():
    """Who contradicts what is there learns both results; what is there stays."""
    board = Board([outcome("a", "pass")])

    added = board.add([outcome("b"), outcome("a", "fail", hours=48)])

    (conflict,) = added.conflicts
    assert str(conflict).startswith(
        "a: fail (found 2026-03-03T06:00:00+00:00) contradicts pass (found 2026-03-02T06:00:00+00:"
    )
    assert added.board.get("a") == outcome("a", "pass")
    assert added.accepted == (outcome("b"),)


def test_contradiction_within_a_delivery_is_told():
    """A delivery may contradict itself."""
    added = Board().add([outcome("a", "pass"), outcome("a", "fail")])

    assert [conflict.refused for conflict in added.conflicts] == [outcome("a", "fail")]


def test_board_is_what_was_added_in_any_pieces():
    """However deliveries are cut, the board read from all of them is the same."""
    delivered = [outcome("a"), outcome("b", "fail"), outcome("a", "fail"), outcome("c")]

    assert list(Board(delivered)) == list(Board().add(delivered[:2]).board.add(delivered[2:]).board)
