"""What the newest round found, for whoever shows it or acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from secom_core.drift.watch import DriftVerdict, Window
from secom_core.evaluation import Figure
from secom_core.outcomes import Live
from secom_core.store import Champion


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCounts:
    """What is known of outcomes.

    Parameters
    ----------
    taken_in : mapping
        All of them so far, by result: pass, fail.
    newest_at : datetime, optional
        When the last was taken in, by the store's clock; None before the first.
    n_fails_joined : int
        Fails among all outcomes so far that a prediction is known of: what can be trained on.
    joined : mapping
        Those of the rolling window, by how they came: inspection, audit, final_test.
    n_unmatched : int, optional
        Outcomes of units that no prediction is known of; None as long as predictions are read back.
    """

    taken_in: Mapping[str, int] = field(default_factory=dict)
    newest_at: datetime | None = None
    n_fails_joined: int = 0
    joined: Mapping[str, int] = field(default_factory=dict)
    n_unmatched: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What a round found; what is not known yet is None.

    Parameters
    ----------
    at : datetime
        When the round began.
    champion : Champion, optional
    changes : mapping
        Times that the champion changed, by kind: promotion, rollback.
    promised : Figure, optional
        AUC of the champion's card.
    sensors : tuple of str
        The champion's, in the contract's order.
    window : Window, optional
        The newest of the champion's.
    drift : DriftVerdict, optional
    n_set_aside : int
        Prediction objects of late that cannot be read.
    live : Live, optional
        Performance of the champion.
    outcomes : OutcomeCounts
    """

    at: datetime
    champion: Champion | None = None
    changes: Mapping[str, int] = field(default_factory=dict)
    promised: Figure | None = None
    sensors: tuple[str, ...] = ()
    window: Window | None = None
    drift: DriftVerdict | None = None
    n_set_aside: int = 0
    live: Live | None = None
    outcomes: OutcomeCounts = field(default_factory=OutcomeCounts)


class Rounds(Protocol):
    """What looks at the store again and again."""

    def run(self, now: datetime) -> Seen:
        """Read what is new, judge it, write down what must not be lost.

        Any `SecomError` ends this round only: the next one begins where the last good one ended.
        """


class Latest:
    """Holds what the newest round found: one thread puts, any thread gets."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: Seen | None = None

    def put(self, seen: Seen) -> None:
        """Replace what was there."""
        self._seen = seen

    def clear(self) -> None:
        """Forget what was there: somebody else looks now."""
        self._seen = None

    def get(self) -> Seen | None:
        """Return it; None before the first round has ended."""
        return self._seen
