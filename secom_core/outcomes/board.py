"""All outcomes so far, one a unit; nothing that was taken in is ever replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secom_core.outcomes.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two results of one unit.

    Parameters
    ----------
    kept, refused : Outcome
    """

    kept: Outcome
    refused: Outcome

    def __str__(self) -> str:
        return (
            f"{self.refused.unit_id}: {_told(self.refused)} contradicts {_told(self.kept)}. "
            "Find out which is right; a unit that was mended and measured anew needs a new name."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a delivery.

    Parameters
    ----------
    board : Board
        With the accepted outcomes on it.
    accepted : tuple of Outcome
        New ones.
    known : tuple of Outcome
        Of units whose same result is there already, or comes twice in the delivery.
    conflicts : tuple of Conflict
    """

    board: Board
    accepted: tuple[Outcome, ...]
    known: tuple[Outcome, ...]
    conflicts: tuple[Conflict, ...]


class Board:
    """All outcomes so far, in the order in which they came.

    A unit has one. The same result once more, perhaps found at another time, changes nothing: the
    first time stays, since that is when the result could first be learnt from.

    Parameters
    ----------
    outcomes : iterable of Outcome, optional
        Where they contradict each other, the first one stays.
    """

    __slots__ = ("_by_unit",)

    def __init__(self, outcomes: Iterable[Outcome] = ()) -> None:
        self._by_unit: dict[str, Outcome] = {}
        for outcome in outcomes:
            self._by_unit.setdefault(outcome.unit_id, outcome)

    def __len__(self) -> int:
        return len(self._by_unit)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._by_unit.values())

    def get(self, unit_id: str) -> Outcome | None:
        """Return a unit's outcome; None if there is none."""
        return self._by_unit.get(unit_id)

    def add(self, new: Iterable[Outcome]) -> Added:
        """Say what of a delivery is new; this board stays as it is."""
        board = Board(self)
        accepted, known, conflicts = [], [], []
        for outcome in new:
            kept = board.get(outcome.unit_id)
            if kept is None:
                board._by_unit[outcome.unit_id] = outcome
                accepted.append(outcome)
            elif kept.is_fail == outcome.is_fail:
                known.append(outcome)
            else:
                conflicts.append(Conflict(kept=kept, refused=outcome))
        return Added(
            board=board, accepted=tuple(accepted), known=tuple(known), conflicts=tuple(conflicts)
        )


def _told(outcome: Outcome) -> str:
    return f"{outcome.result} (found {outcome.found_at.isoformat(timespec='seconds')})"
