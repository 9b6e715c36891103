"""What must not be forgotten of a bundle's drift: one document, replaced by conditional write.

Windows, what has been read, and what waits for the next window stand in the same document, so that
they are never at odds: killed at any moment, a monitor goes on where the last written one stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from secom_core.drift.watch import Window
from secom_core.errors import StoreError, WindowError
from secom_core.record import first_key
from secom_core.store import documents
from serving.monitor.consumed import Consumed
from serving.monitor.waiting import Waiting

FOLDER = "monitor/drift/"

HISTORY = 25
"""Windows kept. A verdict asks for five; the others tell since when something drifts."""

RECENT = 2_000
"""Records remembered by id, in case one of them comes again in another object."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriftState:
    """How far the watch over one bundle has come.

    Parameters
    ----------
    bundle : str
        Digest.
    since : date
        Objects of earlier days take no part.
    consumed : Consumed
    set_aside : mapping of str to str
        Tags of the objects that could not be read, by key. A replaced one is tried again.
    waiting : Waiting
        Units that wait for a window to fill, in order.
    recent : tuple of str
        Records that were read last, by `short_ids`.
    n_windows : int
        Windows judged so far.
    windows : tuple of Window
        The newest of them, oldest first.
    """

    bundle: str
    since: date
    consumed: Consumed = field(default_factory=Consumed)
    set_aside: Mapping[str, str] = field(default_factory=dict)
    waiting: Waiting = ()
    recent: tuple[str, ...] = ()
    n_windows: int = 0
    windows: tuple[Window, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "bundle": self.bundle,
            "since": self.since.isoformat(),
            "consumed": self.consumed.to_json(),
            "set_aside": dict(self.set_aside),
            "waiting": [list(each) for each in self.waiting],
            "recent": list(self.recent),
            "n_windows": self.n_windows,
            "windows": [window.to_json() for window in self.windows],
        }

    def from_day(self, day: date) -> DriftState:
        """Forget what was read of earlier days: nothing of them is waited for any more."""
        since = max(self.since, day)
        aside = {key: etag for key, etag in self.set_aside.items() if key >= first_key(since)}
        return replace(self, since=since, consumed=self.consumed.from_day(since), set_aside=aside)

    @classmethod
    def from_bytes(cls, content: bytes, key: str) -> DriftState:
        """Read the document at `key`.

        Raises
        ------
        StoreError
            If it is something else.
        """
        try:
            fields = documents.from_bytes(content)
            return cls(
                bundle=str(fields["bundle"]),
                since=date.fromisoformat(fields["since"]),
                consumed=Consumed.from_json(fields["consumed"]),
                set_aside=dict(fields["set_aside"]),
                waiting=tuple((str(key), int(row)) for key, row in fields["waiting"]),
                recent=tuple(fields["recent"]),
                n_windows=int(fields["n_windows"]),
                windows=tuple(Window.from_json(each) for each in fields["windows"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError, WindowError) as exc:
            message = (
                f"{key} does not hold the state of drift of this version ({exc!r}). Restore it "
                f"from a backup of the store; deleted, drift is judged anew from recent units."
            )
            raise StoreError(message) from exc


def state_key(bundle: str) -> str:
    """Return where the state of a bundle's drift lies."""
    return f"{FOLDER}{bundle}.json"


def short_ids(record_ids: Iterable[str]) -> list[str]:
    """Shorten record ids, whatever their form, to 16 characters each."""
    return [hashlib.blake2b(each.encode(), digest_size=8).hexdigest() for each in record_ids]
