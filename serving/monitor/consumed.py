"""Which segments have been read: a handful of ranges, however many there were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from serving.monitor.predictions import Segment

Range = tuple[int, int]
"""First and last number, both inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """What has been read of one writer, which counts its segments.

    Parameters
    ----------
    newest : datetime
        When the newest segment began.
    ranges : tuple of Range
        Ascending; no two touch.
    """

    newest: datetime
    ranges: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Consumed:
    """The segments that have been read, by writer. Any order of reading leads to the same value."""

    writers: Mapping[str, Writer] = field(default_factory=dict)

    def __contains__(self, segment: Segment) -> bool:
        writer = self.writers.get(segment.writer)
        return writer is not None and any(
            first <= segment.number <= last for first, last in writer.ranges
        )

    @property
    def newest(self) -> datetime | None:
        """When the newest segment began; None if none has been read."""
        return max((writer.newest for writer in self.writers.values()), default=None)

    def having(self, segment: Segment) -> Consumed:
        """Return these and one segment more."""
        writer = self.writers.get(segment.writer, Writer(newest=segment.began_at))
        more = Writer(
            newest=max(writer.newest, segment.began_at),
            ranges=_merged([*writer.ranges, (segment.number, segment.number)]),
        )
        return replace(self, writers={**self.writers, segment.writer: more})

    def from_day(self, day: date) -> Consumed:
        """Forget the writers whose segments all began before `day`, and are not listed any more."""
        return Consumed(
            {name: each for name, each in self.writers.items() if each.newest.date() >= day}
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            name: {"newest": each.newest.isoformat(), "ranges": [list(it) for it in each.ranges]}
            for name, each in sorted(self.writers.items())
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Consumed:
        """Read what `to_json` wrote."""
        return cls(
            {
                name: Writer(
                    newest=datetime.fromisoformat(each["newest"]),
                    ranges=tuple((int(first), int(last)) for first, last in each["ranges"]),
                )
                for name, each in fields.items()
            }
        )


def _merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)
