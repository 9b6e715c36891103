"""What became of a unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from secom_core.errors import OutcomeError

FIELDS = ("unit_id", "result", "found_at")
"""Of an outcome on its way here, in this order where the order counts."""

MAX_ID_CHARACTERS = 256
_RESULTS = {"pass": False, "fail": True}
_SHOWN = 40
"""Characters of an offending value that a message repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a unit.

    Parameters
    ----------
    unit_id : str
        The name under which the unit was scored: 1 to 256 printable characters.
    is_fail : bool
    found_at : datetime
        With an offset; kept in UTC.

    Raises
    ------
    OutcomeError
        If the name is not of that kind, or the time has no offset.
    """

    unit_id: str
    is_fail: bool
    found_at: datetime

    def __post_init__(self) -> None:
        # Half of a surrogate pair is not printable either: it could not be written down.
        if not 0 < len(self.unit_id) <= MAX_ID_CHARACTERS or not self.unit_id.isprintable():
            message = (
                f"unit_id must be 1 to {MAX_ID_CHARACTERS} printable characters, got "
                f"{shown(self.unit_id)} ({len(self.unit_id)} characters)."
            )
            raise OutcomeError(message)
        object.__setattr__(self, "found_at", _in_utc(self.found_at))

    @property
    def result(self) -> str:
        """Pass or fail, in a word."""
        return "fail" if self.is_fail else "pass"

    def to_json(self) -> dict[str, str]:
        """Plain values."""
        return {
            "unit_id": self.unit_id,
            "result": self.result,
            "found_at": self.found_at.isoformat(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Outcome:
        """Build an outcome from its three fields, each a text.

        Raises
        ------
        OutcomeError
            If a field is missing or too many, or one is not what it must be.
        """
        if set(fields) != set(FIELDS):
            message = f"expected the fields {', '.join(FIELDS)}, got {shown(sorted(fields))}."
            raise OutcomeError(message)
        for name in FIELDS:
            if not isinstance(fields[name], str):
                message = f"{name} must be a text, got {shown(fields[name])}."
                raise OutcomeError(message)
        if fields["result"] not in _RESULTS:
            message = f"result must be pass or fail, got {shown(fields['result'])}."
            raise OutcomeError(message)
        return cls(
            unit_id=fields["unit_id"],
            is_fail=_RESULTS[fields["result"]],
            found_at=_time(fields["found_at"]),
        )


def shown(value: object) -> str:
    """Return what a message repeats of a value that came from outside."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise _not_a_time(shown(text)) from exc


def _in_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        got = f"{time.isoformat()} without one"
        raise _not_a_time(got)
    try:
        return time.astimezone(UTC)
    except OverflowError as exc:  # the first and the last day that a datetime can hold
        raise _not_a_time(time.isoformat()) from exc


def _not_a_time(got: str) -> OutcomeError:
    return OutcomeError(
        "found_at must be a time in ISO 8601 with its offset from UTC, as in "
        f"2008-10-17T06:00:00+02:00; got {got}."
    )
