"""What is asked and what came of it, for every protocol the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class ClosedError(Exception):
    """The connection closed, or never opened, before the first byte of an answer.

    Any HTTP client repeats such a request.
    """


class FailedError(Exception):
    """An answer came, and it is not the one that was asked for; or none came in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says of one unit."""

    digest: str
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Units to ask about, and what each bundle says of them.

    Parameters
    ----------
    readings : list of list of float or None
        Shape (n_units, n_sensors); None means "not measured".
    risks : dict
        By a bundle's digest, shape (n_units,).
    """

    readings: list[list[float | None]]
    risks: dict[str, list[float]]

    def check(self, number: int, answer: Answer) -> None:
        """Compare an answer with what the bundle that gave it said when it was trained.

        Raises
        ------
        FailedError
            If no bundle of ours gave it, or another risk was expected.
        """
        if answer.digest not in self.risks:
            message = f"bundle {answer.digest!r} answered, expected one of {sorted(self.risks)}"
            raise FailedError(message)
        expected = self.risks[answer.digest][number]
        if abs(answer.risk - expected) > 1e-9:
            message = f"risk {answer.risk} from {answer.digest[:12]}, expected {expected}"
            raise FailedError(message)


class Asker(Protocol):
    """Asks over one protocol, on connections that are kept for a while."""

    async def ask(self, number: int, *, is_repeat: bool) -> Answer:
        """Ask about one unit.

        Parameters
        ----------
        number : int
            Which of the units.
        is_repeat : bool
            Whether to prefer a connection that stands to a new one.

        Raises
        ------
        ClosedError
            If the connection closed before the first byte of an answer.
        FailedError
            If another answer came than the one that was asked for.
        """
        ...

    async def close(self) -> None:
        """Hang up."""
        ...
